"""What an image build is told of the machine's apt, and that only its owner can read it."""

import stat
import tarfile
from pathlib import Path

import pytest

from paystack_cli.closed_network import apt_secret
from paystack_cli.closed_network.apt_secret import write_apt_secret


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sources, a password, a certificate, and an apt-config that prints settings."""
    (tmp_path / "auth.conf.d").mkdir()
    for name in ("auth.conf", "auth.conf.d/company.conf", "ca.crt"):
        (tmp_path / name).write_text(f"{name} of the machine\n")
    program = tmp_path / "apt-config"
    program.write_text(
        "#!/bin/sh\n"
        """printf 'APT::Architecture "amd64";\\nAcquire::http::Proxy "http://proxy:3128";\\n'\n"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(
        apt_secret, "image_sources", lambda: [("debian.sources", "the mirror of the machine\n")]
    )
    monkeypatch.setattr(apt_secret, "AUTH_FILE", tmp_path / "auth.conf")
    monkeypatch.setattr(apt_secret, "AUTH_PARTS", tmp_path / "auth.conf.d")
    monkeypatch.setattr(apt_secret, "CA_BUNDLE", tmp_path / "ca.crt")
    return tmp_path


def contents(path: Path) -> dict[str, str]:
    with tarfile.open(path) as archive:
        files = {entry.name: archive.extractfile(entry) for entry in archive}
        return {name: file.read().decode() for name, file in files.items() if file}


def test_it_holds_what_apt_needs_to_fetch(machine: Path) -> None:
    secret = machine / "apt.tar.gz"
    write_apt_secret(secret)
    assert contents(secret) == {
        "apt.conf": 'Acquire::http::Proxy "http://proxy:3128";\n',
        "sources/debian.sources": "the mirror of the machine\n",
        "auth.conf": "auth.conf of the machine\n",
        "auth.conf.d/company.conf": "auth.conf.d/company.conf of the machine\n",
        "ca-certificates.crt": "ca.crt of the machine\n",
    }
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_a_machine_without_certificates_of_its_own(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apt_secret, "CA_BUNDLE", machine / "absent")
    write_apt_secret(machine / "apt.tar.gz")
    assert contents(machine / "apt.tar.gz")["ca-certificates.crt"] == ""
