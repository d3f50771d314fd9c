"""Where a private Docker Engine keeps its things: every name is derived from the project folder."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

RUN = Path("/run")
"""What lives here is gone after a reboot, as the processes are; and paths of sockets stay short."""

DIGEST_LENGTH = 6
"""Hexadecimal digits; with them a bridge's name has the 15 characters that Linux allows."""


@dataclass(frozen=True, slots=True)
class Place:
    """The private engine of one project folder; several folders of one machine do not collide."""

    project_dir: Path

    @property
    def digest(self) -> str:
        """Stands for the folder where its path would be too long."""
        return hashlib.sha256(str(self.project_dir).encode()).hexdigest()[:DIGEST_LENGTH]

    @property
    def home(self) -> Path:
        """What lasts: images and volumes, log, configuration."""
        return self.project_dir / ".paystack" / "docker-engine"

    @property
    def lock(self) -> Path:
        """Held while a command changes the engine; outlives `home`."""
        return self.home.with_suffix(".lock")

    @property
    def data(self) -> Path:
        """Images, containers and volumes."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the engine says, since its last start."""
        return self.home / "dockerd.log"

    @property
    def configuration(self) -> Path:
        """The engine's options. Its path on a command line tells whose engine that is."""
        return self.home / "daemon.json"

    @property
    def client_configuration(self) -> Path:
        """DOCKER_CONFIG: the folder where the client finds its plugins."""
        return self.home / "client"

    @property
    def programs(self) -> Path:
        """Comes first on the engine's PATH: names that the packages leave to the installation."""
        return self.home / "bin"

    @property
    def client_programs(self) -> Path:
        """Comes first on the user's PATH; holds a client when the machine has none."""
        return self.client_configuration / "bin"

    @property
    def bridge(self) -> str:
        """The network interface of the engine's default network."""
        return f"paystack-{self.digest}"

    @property
    def run(self) -> Path:
        """Sockets, pid file, and the state of running containers."""
        return RUN / self.bridge

    @property
    def socket(self) -> Path:
        """Where the engine answers."""
        return self.run / "docker.sock"

    @property
    def address(self) -> str:
        """DOCKER_HOST."""
        return f"unix://{self.socket}"

    @property
    def pid_file(self) -> Path:
        """Written and removed by the engine."""
        return self.run / "docker.pid"
