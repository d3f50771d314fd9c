"""What the compose engine runs into: no Docker, one that is too old, one that went away."""

from paystack_cli.errors import PreflightError, StartFailed

NEXT_ENGINE = (
    'bash scripts/docker-engine start, then: eval "$(bash scripts/docker-engine env)";'
    " or without containers: --engine local"
)


class EngineMissing(PreflightError):
    """There is no Docker to work with: no client, no engine that answers, or one too old."""


class EngineGone(PreflightError):
    """The Docker Engine stopped answering while a command ran."""


class EngineRefused(StartFailed):
    """The Docker Engine answered a request with an error."""
