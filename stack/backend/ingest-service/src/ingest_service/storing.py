"""The process that stores authorizations for ingest-service (paycore.work_process)."""

from contextlib import closing

from paycore.logging import configure_logging
from paycore.outbox import RelayWaker
from paycore.settings import DatabaseSettings, Environment
from paycore.work_process import answer_rounds

from ingest_service.flusher import SOURCE, Flusher

if __name__ == "__main__":
    environment = Environment.of_process()
    configure_logging(SOURCE, environment.text("LOG_LEVEL", "INFO"))
    waker = RelayWaker(*environment.address("OUTBOX_WAKE"))
    with closing(Flusher(DatabaseSettings.read(environment), waker)) as flusher:
        answer_rounds(flusher.store)
