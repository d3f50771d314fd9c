"""What a whole stack in containers may do, read from the engine and the kernel while it runs."""

import subprocess
from collections import defaultdict
from typing import Any

import psutil
import pytest

from tests.support.container_stack import ContainerStack
from tests.support.docker import docker

WRITABLE = {"jenkins"}
"""Its builds install what they need."""
SEES_THE_ENGINE = {"jenkins"}
"""It builds and starts containers."""
LOOPBACK = {"127.0.0.1", "::ffff:127.0.0.1"}
CONNECT_TIMEOUT_S = 2


@pytest.fixture(scope="module")
def inspected(
    stack: ContainerStack, protected: dict[str, tuple[str, str]]
) -> dict[str, dict[str, Any]]:
    """What the engine says of each container, jenkins and ngrok included, by service."""
    return {
        found["Config"]["Labels"]["com.docker.compose.service"]: found
        for found in stack.containers().values()
    }


@pytest.fixture(scope="module")
def processes(
    stack: ContainerStack, inspected: dict[str, dict[str, Any]]
) -> dict[str, list[dict[str, str]]]:
    """What the kernel says of every process in each container (/proc/PID/status), by service."""
    service_of = {
        pid: service
        for service, found in inspected.items()
        if found["State"]["Running"]
        for pid in docker("top", found["Id"], "-eo", "pid").split()[1:]
    }
    files = [f"/proc/{pid}/status" for pid in service_of]
    # A health check's process may have ended by now.
    script = 'for file; do [ ! -e "$file" ] || { echo "File: $file"; cat "$file"; }; done'
    said = stack.on_host("sh", "-c", script, "sh", *files)
    by_service = defaultdict(list)
    for one in said.split("File: ")[1:]:
        path, *lines = one.splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        by_service[service_of[path.split("/")[2]]].append(fields)
    return by_service


def test_no_process_is_root_or_could_become_it(
    inspected: dict[str, dict[str, Any]], processes: dict[str, list[dict[str, str]]]
) -> None:
    running = {service for service, found in inspected.items() if found["State"]["Running"]}
    assert processes.keys() == running
    for service, found in processes.items():
        for fields in found:
            assert "0" not in fields["Uid"].split() + fields["Gid"].split(), service
            for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                assert int(fields[capabilities], 16) == 0, f"{service} {capabilities}"
            assert fields["NoNewPrivs"].strip() == "1", service
            assert fields["Seccomp"].strip() == "2", service


def test_no_container_shares_what_belongs_to_the_machine(
    inspected: dict[str, dict[str, Any]],
) -> None:
    for service, found in inspected.items():
        host = found["HostConfig"]
        assert not host["Privileged"], service
        assert not host["CapAdd"], service
        assert not host["Devices"], service
        shared = {host["NetworkMode"], host["PidMode"], host["IpcMode"], host["UsernsMode"]}
        assert "host" not in shared, service
        mounted = {mount["Destination"] for mount in found["Mounts"] if mount["Type"] == "bind"}
        assert mounted == set() or service in SEES_THE_ENGINE, (service, mounted)


def test_every_container_is_limited(inspected: dict[str, dict[str, Any]]) -> None:
    for service, found in inspected.items():
        host = found["HostConfig"]
        assert host["Memory"] > 0, service
        assert host["PidsLimit"] > 0, service
        assert host["LogConfig"]["Config"].keys() >= {"max-size", "max-file"}, service


def test_no_container_can_write_its_own_files(
    stack: ContainerStack, inspected: dict[str, dict[str, Any]]
) -> None:
    writable = {s for s, found in inspected.items() if not found["HostConfig"]["ReadonlyRootfs"]}
    assert writable == WRITABLE
    for service, found in inspected.items():
        if found["State"]["Running"] and service not in WRITABLE:
            mounts = stack.on_host("cat", f"/proc/{found['State']['Pid']}/mounts")
            (options,) = [line.split()[3] for line in mounts.splitlines() if " / " in line]
            assert options.split(",")[0] == "ro", service


def test_every_published_port_is_on_the_loopback_alone(
    inspected: dict[str, dict[str, Any]],
) -> None:
    published = {
        int(binding["HostPort"]): binding["HostIp"]
        for found in inspected.values()
        for bindings in found["NetworkSettings"]["Ports"].values()
        for binding in bindings or ()
    }
    assert set(published.values()) == {"127.0.0.1"}
    listening = [
        held.laddr for held in psutil.net_connections("inet") if held.status == psutil.CONN_LISTEN
    ]
    on_this_machine = {held.port for held in listening} & published.keys()
    assert on_this_machine == published.keys()
    assert {held.ip for held in listening if held.port in published} <= LOOPBACK


def _connects(container: str, host: str, port: int) -> bool:
    """Whether a TCP connection from a container comes about."""
    done = subprocess.run(
        [
            *("docker", "exec", container, "curl", "--silent", "--output", "/dev/null"),
            *("--max-time", str(CONNECT_TIMEOUT_S), "--write-out", "%{time_connect}"),
            f"http://{host}:{port}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return float(done.stdout) > 0


@pytest.mark.parametrize(("server", "port"), [("mariadb", 3306), ("kafka", 9092)])
def test_the_public_side_cannot_reach_the_servers(
    stack: ContainerStack, inspected: dict[str, dict[str, Any]], server: str, port: int
) -> None:
    assert _connects(f"{stack.name}-ingest-service", server, port), "the probe itself must work"
    (network,) = inspected[server]["NetworkSettings"]["Networks"].values()
    (edge,) = inspected["gateway"]["NetworkSettings"]["Networks"].values()
    for outsider in (f"{stack.name}-gateway", f"{stack.name}-ngrok"):
        assert not _connects(outsider, server, port)
        assert not _connects(outsider, network["IPAddress"], port)
        assert not _connects(outsider, edge["Gateway"], stack.port(server))
