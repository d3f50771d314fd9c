"""Artefacts: built the same from the same, replaced whole, and untouched when nothing changed."""

import hashlib
import os
import platform
from pathlib import Path

import pytest

from paystack_cli.artefacts import make_artefacts, service_names
from paystack_cli.artefacts.folder import settle
from paystack_cli.artefacts.own_wheels import build_wheel
from paystack_cli.artefacts.third_party import is_complete, machine_architecture
from paystack_cli.errors import PreflightError, StartFailed, UsageError
from paystack_cli.stack.settings import Settings
from tests.support.stack import PROJECT

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "paystack-{name}"
version = "{version}"
requires-python = ">=3.11"
[tool.hatch.build.targets.wheel]
packages = ["src/{name}"]
"""


def package(folder: Path, name: str, version: str = "1.0") -> Path:
    source = folder / name / "src" / name
    source.mkdir(parents=True, exist_ok=True)
    (source / "__init__.py").write_text(f'"""{name}"""\n')
    (folder / name / "pyproject.toml").write_text(PYPROJECT.format(name=name, version=version))
    return folder / name


@pytest.fixture
def project(tmp_path: Path) -> Settings:
    """Two services, what they share, and nothing of others to fetch."""
    backend = tmp_path / "stack" / "backend"
    for name in ("common", "one", "two"):
        package(backend, name)
    (tmp_path / "stack" / "compose.yaml").touch()
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "services.lock").write_text("# nothing\n")
    return Settings(project_dir=tmp_path, variables={}, engine="auto")


def files(settings: Settings) -> dict[str, tuple[int, str]]:
    """Of all artefacts: when they were written, and what is in them."""
    backend = settings.compose_file.parent / "backend"
    return {
        str(path.relative_to(backend)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in backend.rglob("build/*")
    }


def test_artefacts_of_all_services(project: Settings) -> None:
    changed = make_artefacts(project)
    backend = project.compose_file.parent / "backend"
    assert (
        {str(path.relative_to(backend)) for path in changed}
        == files(project).keys()
        == {
            "build/services.lock",
            "common/build/paystack_common-1.0-py3-none-any.whl",
            "one/build/paystack_one-1.0-py3-none-any.whl",
            "two/build/paystack_two-1.0-py3-none-any.whl",
        }
    )


def test_what_is_unchanged_is_not_touched(project: Settings) -> None:
    make_artefacts(project)
    before = files(project)
    for source in project.compose_file.parent.rglob("*.py"):
        os.utime(source, (1, 1))
    assert make_artefacts(project) == []
    assert files(project) == before


def test_a_change_in_one_service_makes_that_one_anew(project: Settings) -> None:
    make_artefacts(project)
    before = files(project)
    backend = project.compose_file.parent / "backend"
    (backend / "one" / "src" / "one" / "new.py").touch()
    (wheel,) = make_artefacts(project)
    assert wheel.parent == backend / "one" / "build"
    after = files(project)
    assert {name for name in after if after[name] != before[name]} == {
        "one/build/paystack_one-1.0-py3-none-any.whl"
    }


def test_a_new_version_takes_the_place_of_the_old(project: Settings) -> None:
    make_artefacts(project)
    package(project.compose_file.parent / "backend", "one", "1.1")
    make_artefacts(project)
    assert [name for name in files(project) if name.startswith("one/")] == [
        "one/build/paystack_one-1.1-py3-none-any.whl"
    ]


def test_one_service_comes_with_what_it_shares_and_without_the_others(project: Settings) -> None:
    make_artefacts(project, ["two"])
    assert {name.partition("/")[0] for name in files(project)} == {"build", "common", "two"}


def test_an_unknown_service_is_named(project: Settings) -> None:
    with pytest.raises(UsageError, match="three") as raised:
        make_artefacts(project, ["three", "one"])
    assert "one, two" in raised.value.hint


def test_a_package_that_cannot_be_built_is_named(project: Settings) -> None:
    (project.compose_file.parent / "backend" / "one" / "pyproject.toml").write_text("[project]\n")
    with pytest.raises(StartFailed, match="the wheel of one"):
        make_artefacts(project)


def test_the_same_sources_give_the_same_bytes_elsewhere(tmp_path: Path) -> None:
    here, there = package(tmp_path / "a", "same"), package(tmp_path / "b", "same")
    source = there / "src" / "same" / "__init__.py"
    os.utime(source, (1, 1))
    source.chmod(0o600)
    wheels = [build_wheel(folder, folder / "out") for folder in (here, there)]
    assert wheels[0].read_bytes() == wheels[1].read_bytes()


def test_the_services_of_the_stack_are_known() -> None:
    names = service_names(Settings(project_dir=PROJECT, variables={}, engine="auto"))
    assert {"ingest-service", "db-migrate"} <= set(names)
    assert "common" not in names


def test_a_folder_is_brought_to_hold_what_it_should(tmp_path: Path) -> None:
    wanted = tmp_path / "wanted"
    wanted.mkdir()
    (wanted / "kept").write_text("same")
    (wanted / "changed").write_text("new")
    folder = tmp_path / "folder"
    (folder / "stray").mkdir(parents=True)
    for name, text in {"kept": "same", "changed": "old", "gone": "", ".x.new": "half"}.items():
        (folder / name).write_text(text)
    assert settle(folder, sorted(wanted.iterdir())) == [folder / "changed"]
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "kept": "same",
        "changed": "new",
    }


@pytest.fixture
def fetched(tmp_path: Path) -> Path:
    """A lock of two packages, and the wheels that it pins."""
    wheels = {"a-1-py3-none-any.whl": b"a", "b-2-cp311-cp311-manylinux_2_28_x86_64.whl": b"b"}
    for name, content in wheels.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "services.lock").write_text(
        "".join(
            f"{name[0]}=={name[2]} \\\n    --hash=sha256:{hashlib.sha256(content).hexdigest()}\n"
            for name, content in wheels.items()
        )
    )
    return tmp_path


def test_wheels_that_are_all_there_are_not_fetched_again(fetched: Path) -> None:
    assert is_complete(fetched, fetched / "services.lock", "x86_64")


@pytest.mark.parametrize("harm", ["missing", "damaged", "unpinned", "for another processor"])
def test_wheels_that_are_not_as_locked_are(fetched: Path, harm: str) -> None:
    wheel = fetched / "b-2-cp311-cp311-manylinux_2_28_x86_64.whl"
    match harm:
        case "missing":
            wheel.unlink()
        case "damaged":
            wheel.write_bytes(b"c")
        case "unpinned":
            (fetched / "c-3-py3-none-any.whl").write_bytes(b"c")
        case "for another processor":
            wheel.rename(fetched / "b-2-cp311-cp311-manylinux_2_28_aarch64.whl")
    assert not is_complete(fetched, fetched / "services.lock", "x86_64")


@pytest.mark.parametrize(("machine", "wheels"), [("AMD64", "x86_64"), ("arm64", "aarch64")])
def test_processors_have_one_name(
    monkeypatch: pytest.MonkeyPatch, machine: str, wheels: str
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert machine_architecture() == wheels


def test_a_processor_without_wheels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(PreflightError, match="riscv64"):
        machine_architecture()


def test_what_is_not_there_is_fetched_by_pip_which_says_why_it_cannot(project: Settings) -> None:
    lock = project.locks_dir / "services.lock"
    lock.write_text(f"no-such-package==1 --hash=sha256:{'0' * 64}\n")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PIP_NO_INDEX", "1")
        with pytest.raises(PreflightError, match="no-such-package"):
            make_artefacts(project)
