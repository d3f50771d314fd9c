"""What the machine itself gives: settings, room, certificates, programs."""

import stat
from pathlib import Path

import pytest

from paystack_cli.checks.doctor import programs, resources
from paystack_cli.checks.doctor.certificates import examine_certificates
from paystack_cli.checks.doctor.env_file import examine_env_file
from paystack_cli.checks.doctor.model import Severity
from paystack_cli.checks.doctor.programs import examine_programs
from paystack_cli.checks.doctor.resources import examine_resources
from paystack_cli.checks.doctor.scene import survey
from tests.support.compose_project import make_project, settings_of
from tests.support.doctor import one, running, scene_of

SERVICES = "  a: {image: x}\n"


def test_what_is_not_set_is_told_and_the_example_stands_in_for_it(tmp_path: Path) -> None:
    compose = "services:\n  a: {image: x, environment: {P: '${PASSWORD:?set it}'}}\n"
    project = make_project(tmp_path / "project", compose)
    (project / ".env.example").write_text("PASSWORD=an-example\n")
    scene = survey(settings_of(project, PAYSTACK_ENGINE="local"), ())
    finding = one(list(examine_env_file(scene)), "env.values")
    assert finding.severity is Severity.FAIL
    assert "PASSWORD is not set" in finding.seen
    assert "cp .env.example .env" in (finding.fix or "")
    assert scene.stack.services["a"].environment == {"P": "an-example"}


@pytest.mark.parametrize(("mode", "severity"), [(0o600, "ok"), (0o644, "warn"), (0o660, "warn")])
def test_who_can_read_the_passwords(tmp_path: Path, mode: int, severity: str) -> None:
    scene = scene_of(tmp_path, SERVICES)
    path = scene.settings.project_dir / ".env"
    path.write_text("A=b\n")
    path.chmod(mode)
    finding = one(list(examine_env_file(scene)), "env.permissions")
    assert finding.severity == severity
    if finding.repair is not None:
        finding.repair.run()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert one(list(examine_env_file(scene)), "env.permissions").severity is Severity.OK


def test_a_misspelt_variable_and_the_one_that_was_meant(tmp_path: Path) -> None:
    services = "  a: {image: x, ports: ['127.0.0.1:${PAYSTACK_A_PORT:-7}:7']}\n"
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / ".env").write_text("PAYSTACK_A_PROT=8\n")
    finding = one(list(examine_env_file(scene_of(tmp_path, services))), "env.paystack_a_prot")
    assert finding.severity is Severity.WARN
    assert "did you mean PAYSTACK_A_PORT" in finding.seen
    assert finding.fix == "sed -i 's/^PAYSTACK_A_PROT=/PAYSTACK_A_PORT=/' .env"


def test_a_full_disk_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "FREE_BYTES_MIN", 2**60)
    finding = one(list(examine_resources(scene_of(tmp_path, SERVICES))), "disk.state")
    assert finding.severity is Severity.FAIL
    assert str(tmp_path / "state") in finding.seen


@pytest.mark.parametrize(
    ("limit", "used", "statuses", "severity"),
    [
        ("max", 0, (), "ok"),
        (str(2**30), 2**30 - 2**20, (), "warn"),
        (str(2**30), 2**30 - 2**20, (running("a"),), "ok"),  # it runs: it has what it needs
    ],
)
def test_the_memory_of_a_container_is_its_limit(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    used: int,
    statuses: tuple[object, ...],
    severity: str,
) -> None:
    (tmp_path / "memory.max").write_text(f"{limit}\n")
    (tmp_path / "memory.current").write_text(f"{used}\n")
    monkeypatch.setattr(resources, "CGROUP", tmp_path)
    monkeypatch.setattr(resources, "MEMORY_BYTES_MIN", 100 * 2**20)
    scene = scene_of(tmp_path, SERVICES, statuses=statuses)
    assert one(list(examine_resources(scene)), "memory").severity == severity


def test_a_bundle_must_be_there_and_hold_certificates(tmp_path: Path) -> None:
    empty = tmp_path / "empty.crt"
    empty.write_text("nothing\n")
    environment = {"SSL_CERT_FILE": str(tmp_path / "gone.crt"), "PIP_CERT": str(empty)}
    scene = scene_of(tmp_path, SERVICES, environment=environment)
    found = {finding.id: finding for finding in examine_certificates(scene)}
    assert found.keys() == {"certificates.ssl_cert_file", "certificates.pip_cert"}
    assert "is not there" in found["certificates.ssl_cert_file"].seen
    assert "holds no certificate" in found["certificates.pip_cert"].seen
    assert {finding.severity for finding in found.values()} == {"fail"}


def test_services_that_are_not_installed_and_programs_that_are_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = (
        "  a: {image: x, command: [python, -m, json]}\n"
        "  b: {image: x, command: [python, -m, no_such_service]}\n"
        "  n: {image: x, x-paystack: {local: {program: nginx}}}\n"
    )
    scene = scene_of(tmp_path, services, environment={"PATH": str(tmp_path)})
    monkeypatch.setattr("paystack_cli.engines.local.programs.machine.SERVER_FOLDERS", ())
    monkeypatch.setattr(programs.shutil, "which", lambda _name, **_options: None)
    found = {finding.id: finding for finding in examine_programs(scene)}
    assert found["packages"].seen == "not installed: no_such_service"
    assert found["packages"].fix == "bash scripts/bootstrap"
    assert found["program.nginx"].severity is Severity.WARN
    assert "paystack up fetches it; or: sudo apt-get" in (found["program.nginx"].fix or "")
    assert found["program.setpriv"].severity is Severity.FAIL
