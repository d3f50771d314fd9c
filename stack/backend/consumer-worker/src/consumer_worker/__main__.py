"""The service: books captures and refunds, and nothing else. See `ledger`."""

import sys

from paycore.calls import Calls
from paycore.lifecycle import Stop, run_service
from paycore.settings import Environment
from paycore.worker_service import run_worker

from consumer_worker.ledger import Ledger

SERVICE = "consumer-worker"


def serve(environment: Environment, stop: Stop) -> None:
    run_worker(SERVICE, environment, stop, Ledger(), Calls())


if __name__ == "__main__":
    sys.exit(run_service(SERVICE, serve))
