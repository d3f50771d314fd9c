"""What apt must know to install packages while an image is built, as one archive: the build secret.

It travels as a secret because addresses, passwords and certificates of the building machine belong
in no layer. `stack/base-images/install-packages` unpacks it.
"""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

from paystack_cli.closed_network.debian import image_sources
from paystack_cli.closed_network.tool import run

AUTH_FILE = Path("/etc/apt/auth.conf")
AUTH_PARTS = Path("/etc/apt/auth.conf.d")
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
SETTINGS_PREFIX = "Acquire::"
"""Of the machine's settings, those that say how to fetch (proxies, checks, time limits)."""


def write_apt_secret(path: Path) -> None:
    """Write the archive to `path`, readable by its owner alone."""
    path.touch(mode=0o600)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in _contents():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def _contents() -> Iterator[tuple[str, bytes]]:
    yield "apt.conf", _settings().encode()
    for name, text in image_sources():
        yield f"sources/{name}", text.encode()
    if AUTH_FILE.is_file():
        yield "auth.conf", AUTH_FILE.read_bytes()
    for part in sorted(AUTH_PARTS.glob("*.conf")):
        yield f"auth.conf.d/{part.name}", part.read_bytes()
    yield "ca-certificates.crt", CA_BUNDLE.read_bytes() if CA_BUNDLE.is_file() else b""


def _settings() -> str:
    lines = run(["apt-config", "dump"], {}).splitlines()
    return "".join(f"{line}\n" for line in lines if line.startswith(SETTINGS_PREFIX))
