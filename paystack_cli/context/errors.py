"""What a builder refuses about a folder, and what this package cannot answer."""

from paystack_cli.errors import UsageError


class ContextRefused(UsageError):
    """The builder refuses to send the folder; `reason` is in its words."""

    def __init__(self, reason: str, *, hint: str) -> None:
        super().__init__(f"the builder refuses this context: {reason}", hint=hint)
        self.reason = reason


class NotMeasurable(UsageError):
    """The build reads something whose bytes cannot be known from here."""
