"""The images of a stack as the engine has them: no secret, no root, no leftovers."""

import json
import subprocess
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.container_stack import PROTECTED, PROTECTED_SECRETS, ContainerStack
from tests.support.docker import docker
from tests.support.stack import DATABASE_PASSWORD, ROOT_PASSWORD

SECRETS = tuple(
    secret.encode() for secret in (DATABASE_PASSWORD, ROOT_PASSWORD, *PROTECTED_SECRETS.values())
)
LEFTOVERS = ("root/.cache/", "var/lib/apt/lists/deb", "var/cache/apt/archives/")
PIECE_BYTES = 1 << 20
TITLE = "org.opencontainers.image.title"


@pytest.fixture(scope="module")
def images(stack: ContainerStack) -> dict[str, dict[str, Any]]:
    """What `docker inspect` says of every image that is built for the stack, by service."""
    stack.paystack("build", *PROTECTED)
    built = [name for name, service in stack.model.services.items() if service.build]
    inspected = json.loads(docker("inspect", *(f"{stack.name}/{name}" for name in built)))
    return dict(zip(built, inspected, strict=True))


def test_every_image_is_labelled_and_no_root(images: dict[str, dict[str, Any]]) -> None:
    assert {"gateway", "ingest-service", "db-migrate", "jenkins"} <= images.keys()
    for name, image in images.items():
        assert image["Config"]["Labels"][TITLE] == name
        assert image["Config"]["User"].partition(":")[0] not in {"", "0", "root"}


def test_history_and_settings_hold_no_secret(
    stack: ContainerStack, images: dict[str, dict[str, Any]]
) -> None:
    for name, image in images.items():
        history = docker("history", "--no-trunc", f"{stack.name}/{name}")
        told = history.encode() + json.dumps(image).encode()
        assert not [secret for secret in SECRETS if secret in told], name


def test_layers_hold_no_secret_and_no_leftovers(
    stack: ContainerStack, images: dict[str, dict[str, Any]]
) -> None:
    found = [
        f"{path}: {what}"
        for path, content in _files(f"{stack.name}/{name}" for name in images)
        for what in (
            *(leftover for leftover in LEFTOVERS if path.startswith(leftover)),
            *(secret.decode() for secret in SECRETS if secret in content),
        )
    ]
    assert found == []


def _files(images: Iterator[str]) -> Iterator[tuple[str, bytes]]:
    """Every file of every layer of the images, each layer once."""
    with (
        subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as saved,
        tarfile.open(fileobj=saved.stdout, mode="r|", bufsize=PIECE_BYTES) as archive,
    ):
        for layer in archive:
            if layer.name.endswith(".tar") and layer.isfile():
                content = archive.extractfile(layer)
                with tarfile.open(fileobj=content, mode="r|", bufsize=PIECE_BYTES) as files:
                    yield from _content(files)
    assert saved.returncode == 0


def _content(files: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for file in files:
        opened = files.extractfile(file) if file.isfile() else None
        if opened is not None:
            yield file.name.removeprefix("./"), opened.read()
