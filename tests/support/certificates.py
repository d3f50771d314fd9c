"""Throw-away certificates of servers on this machine, made by openssl."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

ADDRESSES = "subjectAltName=IP:127.0.0.1,DNS:localhost"
DAYS = "2"


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority, in PEM files."""

    certificate: Path
    key: Path

    @classmethod
    def make(cls, folder: Path, name: str) -> "Authority":
        made = cls(folder / f"{name}.pem", folder / f"{name}.key")
        _openssl("req", "-x509", *_new(made.key, name), "-days", DAYS, "-out", made.certificate)
        return made

    def server(self, folder: Path, name: str) -> "Server":
        """A server of this machine that the authority vouches for."""
        made = Server(folder / f"{name}.pem", folder / f"{name}.key", self.certificate)
        request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
        extensions.write_text(ADDRESSES, "utf-8")
        _openssl("req", *_new(made.key, name), "-out", request)
        _openssl(
            *("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key),
            *("-CAcreateserial", "-days", DAYS, "-extfile", extensions, "-out", made.certificate),
        )
        return made


@dataclass(frozen=True, slots=True)
class Server:
    """What a server shows, and the authority that it belongs to."""

    certificate: Path
    key: Path
    authority: Path

    def key_store(self, path: Path) -> Path:
        """Key and certificates in one file, as Java takes them."""
        parts = (self.key, self.certificate, self.authority)
        path.write_text("".join(part.read_text("utf-8") for part in parts), "utf-8")
        return path


def _new(key: Path, name: str) -> tuple[str | Path, ...]:
    return ("-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj", f"/CN={name}")


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
