"""The doctor on a real MariaDB and a real Kafka."""

from tests.support.stack import StackUnderTest


def test_servers_that_run_are_well_and_their_ports_are_their_own(servers: StackUnderTest) -> None:
    document = servers.paystack("doctor", "--output", "json").document
    found = {finding["id"]: finding for finding in document["findings"]}
    for id in ("clock.mariadb", "drift", "state.supervisor", "state.mariadb", "programs"):
        assert found[id]["severity"] == "ok", found[id]
    assert found["port.mariadb.3306"]["seen"].startswith("mariadb has it (pid ")
    assert found["port.kafka.9093"]["seen"].startswith("kafka has it (pid ")
