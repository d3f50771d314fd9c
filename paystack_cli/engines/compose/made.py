"""What the containers were made from: so a changed service is found without asking Compose.

Compose leaves a hash of its own on each container. It also changes with what the same command was
told to start beside it (2.26 hashes the pruned `depends_on`), so it serves only for containers that
paystack has not made.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from paystack_cli.engines.compose.cli import ComposeCli
from paystack_cli.engines.compose.container import Container
from paystack_cli.engines.compose.images import image_of
from paystack_cli.engines.compose.record import read_record, write_record
from paystack_cli.engines.signs import remedy
from paystack_cli.errors import StartFailed
from paystack_cli.stack.model import Service

RECORD = "containers.json"
"""In the state folder: container id -> digest of the service that it was made from."""

OTHER_IMAGE = "its image changed"
OTHER_CONFIGURATION = "its configuration changed"


class Made:
    """The record of one stack's containers."""

    def __init__(self, folder: Path, cli: ComposeCli) -> None:
        self._path = folder / RECORD
        self._cli = cli

    def changes(
        self,
        services: Iterable[Service],
        containers: Mapping[str, Container],
        image_ids: Mapping[str, str],
    ) -> dict[str, str]:
        """Service name -> what differs from its container; services without one are left out."""
        known = read_record(self._path)
        changes: dict[str, str] = {}
        strangers: list[Container] = []
        for service in services:
            container = containers.get(service.name)
            if container is None:
                continue
            if image_ids.get(image_of(service), container.image_id) != container.image_id:
                changes[service.name] = OTHER_IMAGE
            elif container.id not in known:
                strangers.append(container)
            elif known[container.id] != service.digest:
                changes[service.name] = OTHER_CONFIGURATION
        return {**changes, **self._changed_strangers(strangers)}

    def remember(self, made: Mapping[str, str], there: Iterable[Container]) -> None:
        """Add `made` (container id -> digest) and forget containers that are gone."""
        kept = {container.id for container in there}
        known = {one: digest for one, digest in read_record(self._path).items() if one in kept}
        write_record(self._path, {**known, **made})

    def _changed_strangers(self, containers: Iterable[Container]) -> dict[str, str]:
        strangers = list(containers)
        if not strangers:
            return {}
        asked = self._cli.run("config", "--hash", "*", profiles=("*",))
        if asked.exit_code != 0:
            raise StartFailed(f"docker compose config: {asked.stderr}", hint=remedy(asked.stderr))
        hashes = dict(line.split(maxsplit=1) for line in asked.stdout.splitlines())
        return {
            container.service: OTHER_CONFIGURATION
            for container in strangers
            if hashes.get(container.service) != container.config_hash
        }
