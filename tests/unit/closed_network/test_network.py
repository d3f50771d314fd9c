"""Which addresses a private engine takes, and what it takes away again."""

import ipaddress
from pathlib import Path

import pytest

from paystack_cli.closed_network import network
from paystack_cli.closed_network.network import POOLS
from paystack_cli.errors import PreflightError

DIGEST = "00000a"
OWN = POOLS[0xA]

IP = """#!/bin/sh
echo "ip $*" >> "$CALLS"
case "$*" in
  *route*) echo '[{"dst": "default"}, {"dst": "10.74.0.0/16"}, {"dst": "192.0.2.7"}]' ;;
  *"show type bridge"*) cat <<'END'
[{"ifname": "paystack-00000a",
  "addr_info": [{"family": "inet", "local": "10.74.0.1", "prefixlen": 24}]},
 {"ifname": "br-ours", "addr_info": [{"family": "inet6", "local": "fe80::1", "prefixlen": 64},
                                     {"family": "inet", "local": "10.74.3.1", "prefixlen": 24}]},
 {"ifname": "br-theirs", "addr_info": [{"family": "inet", "local": "172.17.0.1", "prefixlen": 16}]}]
END
  ;;
esac
"""
IPTABLES = """#!/bin/sh
echo "iptables $*" >> "$CALLS"
case "$*" in
  *"nat --list-rules") cat <<'END'
-P POSTROUTING ACCEPT
-N DOCKER
-A POSTROUTING -s 10.74.3.0/24 ! -o br-ours -j MASQUERADE
-A POSTROUTING -s 172.17.0.0/16 ! -o br-theirs -j MASQUERADE
END
  ;;
esac
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Leads to an ip and an iptables that note how they are called."""
    for name, text in {"ip": IP, "iptables": IPTABLES}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return {"PATH": f"{tmp_path}:/usr/bin:/bin", "CALLS": str(tmp_path / "calls")}


@pytest.fixture
def calls(environment: dict[str, str]) -> Path:
    return Path(environment["CALLS"])


def test_a_folder_gets_the_same_pool_again() -> None:
    assert network.choose_pool(DIGEST, []) == network.choose_pool(DIGEST, []) == OWN


@pytest.mark.parametrize("taken", ["10.74.0.0/16", "10.74.200.3/32", "10.0.0.0/9"])
def test_what_is_routed_already_is_passed_over(taken: str) -> None:
    pool = network.choose_pool(DIGEST, [ipaddress.IPv4Network(taken)])
    assert not pool.overlaps(ipaddress.IPv4Network(taken))


def test_no_free_pool_is_an_error_with_a_next_step() -> None:
    with pytest.raises(PreflightError, match="routed elsewhere") as caught:
        network.choose_pool(DIGEST, [ipaddress.IPv4Network("10.0.0.0/8")])
    assert "ip route" in caught.value.hint


def test_a_bridges_address_leads_back_to_its_pool() -> None:
    assert network.pool_of(network.gateway_of(OWN)) == OWN


def test_routes_and_name_servers_are_taken(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver = tmp_path / "resolv.conf"
    resolver.write_text("# a comment\nsearch local\nnameserver 10.99.0.53\nnameserver fe80::53\n")
    monkeypatch.setattr(network, "RESOLVER_FILE", resolver)
    taken = {str(found) for found in network.taken_networks(environment)}
    assert taken == {"10.74.0.0/16", "192.0.2.7/32", "10.99.0.53/32"}


def test_only_what_is_ours_is_removed(environment: dict[str, str], calls: Path) -> None:
    network.remove("paystack-00000a", environment)
    changes = [line for line in calls.read_text().splitlines() if "delete" in line]
    assert changes == [
        "iptables --wait --table nat --delete"
        " POSTROUTING -s 10.74.3.0/24 ! -o br-ours -j MASQUERADE",
        "ip link delete paystack-00000a",
        "ip link delete br-ours",
    ]


def test_without_a_bridge_nothing_is_removed(environment: dict[str, str], calls: Path) -> None:
    network.remove("paystack-ffffff", environment)
    assert "delete" not in calls.read_text()
