"""What Docker Compose itself says of the stack's services: a reference for selections.

`tests/data/compose-config.json` is recorded, so that no engine is needed; a test in tests/docker
holds it against the Compose of the machine. To record it anew: `python -m` this module.
"""

import json
import os
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
RECORDED = PROJECT / "tests" / "data" / "compose-config.json"
SETTINGS_PREFIXES = ("PAYSTACK_", "MARIADB_", "JENKINS_", "NGROK_", "COMPOSE_")


@dataclass(frozen=True)
class Reference:
    """Services by name with what they depend on and their profiles, and the groups."""

    depends_on: dict[str, list[str]]
    profiles: dict[str, list[str]]
    groups: dict[str, list[str]]

    @property
    def protected(self) -> set[str]:
        return {name for name, profiles in self.profiles.items() if "protected" in profiles}

    @property
    def ordinary(self) -> set[str]:
        """Services without a profile: what `docker compose up` starts."""
        return {name for name, profiles in self.profiles.items() if not profiles}

    def closure(self, names: Collection[str], without: Collection[str] = ()) -> set[str]:
        """The names and all that they need; the way does not lead through `without`."""
        reached: set[str] = set()
        todo = set(names) - set(without)
        while todo:
            reached |= todo
            todo = {need for name in todo for need in self.depends_on[name]} - reached
            todo -= set(without)
        return reached


def asked_of_compose() -> dict[str, Any]:
    """`docker compose config` of the stack, as far as selections go."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith(SETTINGS_PREFIXES)}
    command = [
        *("docker", "compose", "--file", str(PROJECT / "stack" / "compose.yaml")),
        *("--env-file", str(PROJECT / ".env.example"), "--profile", "*"),
        *("config", "--format", "json"),
    ]
    done = subprocess.run(command, env=plain, capture_output=True, text=True, check=True)
    config = json.loads(done.stdout)
    return {
        "services": {
            name: {
                "depends_on": sorted(service.get("depends_on", {})),
                "profiles": service.get("profiles", []),
            }
            for name, service in sorted(config["services"].items())
        },
        "groups": {
            name: members or []  # Compose writes an empty list as null
            for name, members in config["x-paystack"]["groups"].items()
        },
    }


def recorded() -> dict[str, Any]:
    """What was recorded."""
    config: dict[str, Any] = json.loads(RECORDED.read_text("utf-8"))
    return config


def reference() -> Reference:
    """The recorded stack."""
    config = recorded()
    services = config["services"]
    return Reference(
        depends_on={name: service["depends_on"] for name, service in services.items()},
        profiles={name: service["profiles"] for name, service in services.items()},
        groups=config["groups"],
    )


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(asked_of_compose(), indent=2) + "\n", "utf-8")
