"""The service: books captures and refunds, and nothing else. See `ledger`."""

import sys

import uvloop
from paycore.lifecycle import Stop, run_service
from paycore.settings import Environment
from paycore.worker_service import run_worker

from consumer_worker.ledger import Ledger

SERVICE = "consumer-worker"


def serve(environment: Environment, stop: Stop) -> None:
    uvloop.run(run_worker(SERVICE, environment, stop, Ledger()))


if __name__ == "__main__":
    sys.exit(run_service(SERVICE, serve))
