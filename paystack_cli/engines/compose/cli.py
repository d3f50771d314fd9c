"""The `docker compose` command line of one project."""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.engines.base import Completed
from paystack_cli.engines.compose.child import Child, run_to_end
from paystack_cli.engines.compose.errors import NEXT_ENGINE, EngineMissing
from paystack_cli.engines.compose.versions import COMPOSE_MIN, require

VERSION_TIMEOUT_S = 20.0


def require_client(variables: Mapping[str, str]) -> None:
    """Raises EngineMissing when this machine has no `docker` command."""
    if shutil.which("docker", path=variables.get("PATH")) is None:
        raise EngineMissing("the docker command is not installed", hint=NEXT_ENGINE)


def require_compose(variables: Mapping[str, str]) -> str:
    """The version of Compose. Raises EngineMissing when it is absent or too old."""
    answer = run_to_end(
        ["docker", "compose", "version", "--short"], variables, timeout_s=VERSION_TIMEOUT_S
    )
    if answer.exit_code != 0:
        raise EngineMissing("docker has no compose command (Compose v2)", hint=NEXT_ENGINE)
    version = answer.stdout.strip()
    require("Docker Compose", version, COMPOSE_MIN)
    return version


@dataclass(frozen=True, slots=True)
class ComposeCli:
    """Runs Compose on one project, with exactly the variables that paystack itself has read."""

    file: Path
    project: str
    variables: Mapping[str, str]

    def argv(self, *arguments: str, profiles: Iterable[str] = ()) -> list[str]:
        """A Compose command line."""
        return [
            *("docker", "compose", "-f", str(self.file)),
            *("--project-directory", str(self.file.parent), "-p", self.project),
            *(word for profile in sorted(set(profiles)) for word in ("--profile", profile)),
            *arguments,
        ]

    def start(
        self,
        *arguments: str,
        profiles: Iterable[str] = (),
        tell: Callable[[str], None],
        ended: Callable[[int], None] = lambda _code: None,
    ) -> Child:
        """A Compose command under way, its output told line by line.

        Raises EngineMissing when Compose is absent or too old.
        """
        require_compose(self.variables)
        argv = self.argv(*arguments, profiles=profiles)
        return Child(argv, self.variables, tell=tell, ended=ended)

    def run(
        self,
        *arguments: str,
        profiles: Iterable[str] = (),
        timeout_s: float | None = None,
    ) -> Completed:
        """A Compose command to its end."""
        argv = self.argv(*arguments, profiles=profiles)
        return run_to_end(argv, self.variables, timeout_s=timeout_s)

    def exec(
        self, container: str, command: Sequence[str], *, timeout_s: float | None = None
    ) -> Completed:
        """A command in a running container, by `docker exec`: Compose would only look it up."""
        argv = ["docker", "exec", container, *command]
        return run_to_end(argv, self.variables, timeout_s=timeout_s)
