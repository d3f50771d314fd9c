"""A private engine's part of the machine's network: addresses, bridge, and how both are undone."""

import ipaddress
import json
import shlex
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from paystack_cli.closed_network.tool import run
from paystack_cli.errors import PreflightError

Network = ipaddress.IPv4Network

POOLS = tuple(ipaddress.IPv4Network(f"10.{second}.0.0/16") for second in range(64, 192))
"""An engine takes one: its bridge gets the first /24, each of its other networks a further one."""

NETWORK_PREFIX = 24
"""Length of the prefix of each network."""

RESOLVER_FILE = Path("/etc/resolv.conf")
FIREWALL_TABLES = ("nat", "filter")


def choose_pool(digest: str, taken: Iterable[Network]) -> Network:
    """The pool that belongs to a digest, or the next that overlaps nothing taken."""
    occupied = list(taken)
    first = int(digest, 16) % len(POOLS)
    for pool in (*POOLS[first:], *POOLS[:first]):
        if not any(pool.overlaps(network) for network in occupied):
            return pool
    raise PreflightError(
        f"every network from {POOLS[0]} to {POOLS[-1]} is routed elsewhere on this machine",
        hint="ip route, and end a network that is no longer needed",
    )


def pool_of(address: str) -> Network:
    """The pool that a bridge with this address belongs to."""
    return next(pool for pool in POOLS if ipaddress.IPv4Interface(address).ip in pool)


def gateway_of(pool: Network) -> str:
    """The bridge's own address, with the length of its prefix."""
    return f"{pool.network_address + 1}/{NETWORK_PREFIX}"


def taken_networks(environment: Mapping[str, str]) -> list[Network]:
    """What this machine reaches by a route of its own, and its name servers."""
    routes = json.loads(run(["ip", "-json", "-4", "route", "show", "table", "all"], environment))
    destinations = [route["dst"] for route in routes if route["dst"] != "default"]
    lines = RESOLVER_FILE.read_text(encoding="utf-8").splitlines() if RESOLVER_FILE.exists() else ()
    servers = [words[1] for line in lines if (words := line.split())[:1] == ["nameserver"]]
    return [ipaddress.IPv4Network(text) for text in [*destinations, *servers] if ":" not in text]


def exists(bridge: str) -> bool:
    """Whether there is such a bridge."""
    return any(name == bridge for _, name in socket.if_nameindex())


def address_of(bridge: str, environment: Mapping[str, str]) -> str | None:
    """The address of the bridge with its prefix; None when there is no such bridge."""
    for interface in _interfaces(environment):
        if interface["ifname"] == bridge:
            for address in interface["addr_info"]:
                if address["family"] == "inet":
                    return f"{address['local']}/{address['prefixlen']}"
    return None


def make_bridge(bridge: str, address: str, environment: Mapping[str, str]) -> None:
    """A bridge of this name and address, up; one that was left without an address is used."""
    if not exists(bridge):
        run(["ip", "link", "add", "name", bridge, "type", "bridge"], environment)
    run(["ip", "address", "add", address, "dev", bridge], environment)
    run(["ip", "link", "set", bridge, "up"], environment)


def remove(bridge: str, environment: Mapping[str, str]) -> None:
    """Remove the bridge, the other bridges of its pool, and the firewall rules that name them.

    A stopped engine leaves all of these behind. The chains DOCKER… and DOCKER-USER stay: other
    engines of this machine may use them.
    """
    address = address_of(bridge, environment)
    if address is None:
        return
    pool = pool_of(address)
    bridges = [
        interface["ifname"]
        for interface in _interfaces(environment)
        if any(
            entry["family"] == "inet" and ipaddress.IPv4Address(entry["local"]) in pool
            for entry in interface["addr_info"]
        )
    ]
    for table in FIREWALL_TABLES:
        for rule in _firewall(environment, table, "--list-rules").splitlines():
            action, *words = shlex.split(rule)
            if action == "-A" and set(words) & set(bridges):
                _firewall(environment, table, "--delete", *words)
    for name in bridges:
        run(["ip", "link", "delete", name], environment)


def _firewall(environment: Mapping[str, str], table: str, *words: str) -> str:
    return run(["iptables", "--wait", "--table", table, *words], environment)


def _interfaces(environment: Mapping[str, str]) -> list[dict[str, Any]]:
    answer = run(["ip", "-json", "address", "show", "type", "bridge"], environment)
    interfaces: list[dict[str, Any]] = json.loads(answer)
    return interfaces
