"""The service: captures authorized payments at the card network. See `paycore.card_step`."""

import sys

from paycore.card_step import CAPTURE
from paycore.card_worker import serve_card_worker
from paycore.lifecycle import Stop, run_service
from paycore.settings import Environment

SERVICE = "settlement-worker"


def serve(environment: Environment, stop: Stop) -> None:
    serve_card_worker(SERVICE, CAPTURE, environment, stop)


if __name__ == "__main__":
    sys.exit(run_service(SERVICE, serve))
