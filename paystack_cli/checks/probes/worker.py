"""A worker: ready, its consumer group joined and all partitions owned, lag within the limit."""

from paystack_cli.checks.model import AttemptFailed, Evidence, Probe
from paystack_cli.checks.probes import Target
from paystack_cli.checks.probes.actuator import ready_components
from paystack_cli.checks.translation import client_errors_as_attempts
from paystack_cli.events.consumer_groups import GroupStatus


def worker_probe(target: Target) -> Probe:
    """Passes when the group, named as the service, owns its topics and keeps up."""
    name = target.service.name
    client = target.http()
    topics = target.catalog.consumers[name].topics

    def probe(timeout_s: float) -> Evidence:
        with client_errors_as_attempts():
            ready_components(client, name, timeout_s)
            group = target.reach.group(target.service, topics, timeout_s)
        facts = {
            "state": group.state,
            "members": group.members,
            "unowned_partitions": group.unowned_partitions,
            "lag_records": group.lag_records,
        }
        if trouble := _trouble(group, target.limits.lag_records):
            raise AttemptFailed(f"group {name} {trouble}", facts=facts)
        members = "" if group.members is None else f"{group.members} "
        return Evidence(f"{members}in the group, lag {group.total_lag_records}", facts)

    return probe


def _trouble(group: GroupStatus, lag_max: int) -> str | None:
    """What keeps the group from working; None when nothing does."""
    unowned = group.unowned_partitions or 0
    lag = ", ".join(f"{topic} {records}" for topic, records in group.lag_records.items())
    troubles = (
        (group.members == 0, "has no member"),
        (unowned > 0, f"leaves {unowned} partitions unowned"),
        (group.state != "stable", f"is {group.state}"),
        (group.total_lag_records > lag_max, f"lags by more than {lag_max} records: {lag}"),
    )
    return next((text for is_so, text in troubles if is_so), None)
