"""A worker: ready, its consumer group joined and all partitions owned, lag within the limit."""

from paystack_cli.checks.model import AttemptFailed, Evidence, Probe
from paystack_cli.checks.probes import Target
from paystack_cli.checks.probes.actuator import ready_components
from paystack_cli.checks.translation import client_errors_as_attempts
from paystack_cli.clients.http import HttpClient
from paystack_cli.clients.kafka import admin_client
from paystack_cli.events.consumer_groups import GroupStatus, read_group


def worker_probe(target: Target) -> Probe:
    """Passes when the group, named as the service, owns its topics and keeps up."""
    name = target.service.name
    client = HttpClient(target.endpoints.http_url(target.service), hint=f"paystack logs {name}")
    endpoint = target.endpoints.kafka()
    topics = target.catalog.consumers[name].topics

    def probe(timeout_s: float) -> Evidence:
        with client_errors_as_attempts():
            ready_components(client, name, timeout_s)
            group = read_group(admin_client(endpoint), endpoint, name, topics, timeout_s)
        facts = {
            "state": group.state,
            "members": group.members,
            "unowned_partitions": group.unowned_partitions,
            "lag_records": group.lag_records,
        }
        if trouble := _trouble(group, target.limits.lag_records):
            raise AttemptFailed(f"group {name} {trouble}", facts=facts)
        return Evidence(f"{group.members} in the group, lag {group.total_lag_records}", facts)

    return probe


def _trouble(group: GroupStatus, lag_max: int) -> str | None:
    """What keeps the group from working; None when nothing does."""
    lag = ", ".join(f"{topic} {records}" for topic, records in group.lag_records.items())
    troubles = (
        (group.members == 0, "has no member"),
        (group.unowned_partitions > 0, f"leaves {group.unowned_partitions} partitions unowned"),
        (group.state != "stable", f"is {group.state}"),
        (group.total_lag_records > lag_max, f"lags by more than {lag_max} records: {lag}"),
    )
    return next((text for is_so, text in troubles if is_so), None)
