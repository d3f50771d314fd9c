"""What tables say of one service: its state, its health, how long, how much."""

from collections.abc import Mapping

from rich.text import Text

from paystack_cli.engines.base import Health, ServiceStatus, State

MEBIBYTE = 1024 * 1024

_STATE_STYLES: Mapping[str, str] = {
    State.RUNNING: "green",
    State.COMPLETED: "green",
    State.RESTARTING: "bold yellow",
    State.FAILED: "bold red",
    State.NOT_STARTED: "dim",
    State.STOPPED: "dim",
}
_HEALTH_STYLES: Mapping[str, str] = {Health.HEALTHY: "green", Health.UNHEALTHY: "bold red"}


def state(status: ServiceStatus) -> Text:
    """What its process does; of one that was left out and does nothing, that."""
    if status.excluded and status.state in {State.NOT_STARTED, State.STOPPED}:
        return Text("excluded", "dim")
    return Text(status.state, _STATE_STYLES.get(status.state, ""))


def health(status: ServiceStatus) -> Text:
    """What its probe says."""
    return Text(status.health, _HEALTH_STYLES.get(status.health, ""))


def condition(status: ServiceStatus) -> Text:
    """Both in one word: what the probe of a running service says, else its state."""
    probed = status.state is State.RUNNING and status.health is not Health.NONE
    return health(status) if probed else state(status)


def uptime(status: ServiceStatus) -> str:
    """At most two units: `2d 3h`, `5m 12s`."""
    if status.uptime_s is None:
        return "-"
    minutes, second = divmod(int(status.uptime_s), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    parts = [(days, "d"), (hour, "h"), (minute, "m"), (second, "s")]
    first = next((i for i, (value, _) in enumerate(parts) if value), len(parts) - 1)
    return " ".join(f"{value}{unit}" for value, unit in parts[first : first + 2])


def memory(status: ServiceStatus) -> str:
    """The memory that it uses."""
    return "-" if status.memory_bytes is None else f"{status.memory_bytes / MEBIBYTE:.0f} MiB"
