"""A service that is not there, on any engine."""

from paystack_cli.engines.base import Engine, Progress
from paystack_cli.stack.selection import Selection


class StoppedService:
    """The service is stopped, and later started alone."""

    def __init__(self, engine: Engine, service: str, progress: Progress) -> None:
        self._engine = engine
        self._service = service
        self._progress = progress

    @property
    def told(self) -> str:
        return f"{self._service} is stopped"

    @property
    def by_hand(self) -> str:
        return f"paystack up --only {self._service}"

    def apply(self) -> None:
        self._engine.down([self._service], self._progress)

    def heal(self) -> None:
        # Not `restart`: what was stopped is gone on some engines.
        self._engine.up(Selection((self._service,)), self._progress)
