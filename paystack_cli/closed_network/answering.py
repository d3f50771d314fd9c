"""Which Docker Engine answers."""

import shutil
import subprocess
from collections.abc import Mapping

ANSWER_TIMEOUT_S = 5


def answers(address: str) -> bool:
    """Whether an engine answers at this address (`unix://…`)."""
    import docker
    from docker.errors import DockerException

    try:
        docker.DockerClient(base_url=address, timeout=ANSWER_TIMEOUT_S).close()
    except DockerException:  # the client asks for the engine's version first
        return False
    return True


def selected_engine_version(variables: Mapping[str, str]) -> str | None:
    """The version of the engine that the client reaches as it is set up; None without one."""
    client = shutil.which("docker", path=variables.get("PATH"))
    if client is None:
        return None
    try:
        done = subprocess.run(
            [client, "version", "--format", "{{.Server.Version}}"],
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
