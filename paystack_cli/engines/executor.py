"""Runs the steps of a plan, each in a thread of its own, as soon as what it needs is done."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from paystack_cli.engines.plan import Step

Outcome = TypeVar("Outcome")


class Cancelled(Exception):
    """This step was given up because another one failed or the user interrupted."""


class Gate:
    """Through which a step waits for its needs, and learns that it should give up."""

    def __init__(self, needs: Sequence[Future[Any]], cancelled: threading.Event) -> None:
        self._needs = needs
        self._cancelled = cancelled

    def wait_for_needs(self) -> None:
        """Return when every need is done. Raises Cancelled when one of them failed."""
        for need in self._needs:
            if need.exception() is not None:
                raise Cancelled
        self.pause(0)

    def pause(self, seconds: float) -> None:
        """Wait before the next look at a service. Raises Cancelled as soon as that is so."""
        if self._cancelled.wait(seconds):
            raise Cancelled


def execute(steps: Sequence[Step], act: Callable[[Step, Gate], Outcome]) -> tuple[Outcome, ...]:
    """Run `act` for every step and return the outcomes in the steps' order.

    The first failure cancels the other steps and is raised when they have ended; so is an
    interrupt of the user. A step's needs must be among the steps.
    """
    cancelled = threading.Event()
    futures: dict[str, Future[Outcome]] = {step.service: Future() for step in steps}

    def run(step: Step) -> None:
        future = futures[step.service]
        try:
            needs = [futures[name] for name in step.after]
            future.set_result(act(step, Gate(needs, cancelled)))
        except BaseException as error:  # the caller's thread raises it
            future.set_exception(error)

    unsubmitted = list(steps)
    with ThreadPoolExecutor(max_workers=max(1, len(steps))) as pool:
        try:  # from the first thread on: leaving the pool waits for all of them
            while unsubmitted:
                pool.submit(run, unsubmitted[0])
                del unsubmitted[0]
            wait(futures.values(), return_when=FIRST_EXCEPTION)
        finally:
            if any(not f.done() or f.exception() is not None for f in futures.values()):
                cancelled.set()
                for step in unsubmitted:
                    futures[step.service].set_exception(Cancelled())
    errors = [error for future in futures.values() if (error := future.exception()) is not None]
    for error in sorted(errors, key=lambda error: isinstance(error, Cancelled)):
        raise error
    return tuple(future.result() for future in futures.values())
