"""What is told while checks run; renderers implement it, called from several threads."""

from typing import Protocol

from paystack_cli.checks.model import Attempt, CheckResult


class Progress(Protocol):
    """Receives what happens as it happens."""

    def retrying(self, name: str, failed: Attempt) -> None:
        """An attempt of the check `name` failed; another one follows."""

    def finished(self, result: CheckResult) -> None:
        """A check ended, or was not run."""


class Silent:
    """Tells nobody."""

    def retrying(self, name: str, failed: Attempt) -> None:
        """Nothing to tell."""

    def finished(self, result: CheckResult) -> None:
        """Nothing to tell."""
