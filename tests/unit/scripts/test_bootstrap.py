"""scripts/bootstrap: one environment, whole or absent."""

import fcntl
import shutil

import pytest

from tests.support.outline import TIMEOUT_S, Outline
from tests.support.stack import PROJECT

PYTHON = r"""#!/bin/sh
case $* in
  *sysconfig*) dirname "$(dirname "$0")" ;;
  *"-m venv"*) for folder; do :; done; mkdir -p "$folder/bin"; cp "$0" "$folder/bin/python" ;;
  *"pip config"*) exit 1 ;;
  *"pip install"*) echo "ERROR: No matching distribution found" >&2; exit 1 ;;
esac
"""
"""A Python whose pip has no network."""

SOURCES = (
    "pyproject.toml",
    "requirements/build.lock",
    "requirements/runtime.lock",
    "requirements/dev.lock",
)


@pytest.fixture(autouse=True)
def sources(outline: Outline) -> None:
    for name in SOURCES:
        (outline.root / name).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, outline.root / name)
    service = outline.root / "stack" / "backend" / "a-service"
    service.mkdir(parents=True)
    (service / "pyproject.toml").write_text("")


def test_no_python_that_is_new_enough(outline: Outline) -> None:
    outline.put("bin/python3", "#!/bin/sh\nexit 1\n")
    for tool in ("bash", "dirname", "cat", "sha256sum", "rm", "mkdir", "flock", "touch"):
        (outline.root / "bin" / tool).symlink_to(str(shutil.which(tool)))
    done = outline.run("bootstrap", PATH=str(outline.root / "bin"))
    assert done.exit_code == 3
    assert "no Python 3.11" in done.stderr
    assert "Next: sudo apt-get install python3" in done.stderr


def test_without_a_network_nothing_half_installed_stays(outline: Outline) -> None:
    outline.put("python/ensurepip/_bundled/pip-25.whl", "")
    python = outline.put("python/bin/python3", PYTHON)
    done = outline.run("bootstrap", PAYSTACK_PYTHON=str(python))
    assert done.exit_code == 3, done
    assert "No matching distribution" in done.stderr
    assert "then: bash scripts/bootstrap runtime" in done.stderr
    assert not (outline.root / ".venv").exists()


def test_an_environment_that_fails_to_update_stays(outline: Outline) -> None:
    venv = outline.root / ".venv"
    outline.put(".venv/bin/python", "#!/bin/sh\ncase $* in *install*) exit 1;; esac\n")
    stamp = venv / "paystack-stamp"
    stamp.write_text(f"runtime an-older-lock {venv}\n")
    done = outline.run("bootstrap")
    assert done.exit_code == 3
    assert stamp.read_text() == f"runtime an-older-lock {venv}\n"


def test_a_whole_environment_is_left_alone(outline: Outline) -> None:
    outline.put(".venv/bin/python", "#!/bin/sh\n")
    assert outline.run("bootstrap", "dev").exit_code == 0
    outline.put(".venv/bin/python", '#!/bin/sh\n[ "$1" = -c ] || exit 1\n')
    for kind in ("dev", "runtime"):
        done = outline.run("bootstrap", kind)
        assert (done.exit_code, done.stderr) == (0, ""), "dev holds all of runtime"


def test_two_at_once_take_turns(outline: Outline) -> None:
    outline.put(".venv/bin/python", "#!/bin/sh\n")
    (outline.root / ".paystack").mkdir()
    with (outline.root / ".paystack" / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with outline.start("bootstrap") as second:
            assert second.stderr is not None
            assert second.stderr.readline() == "bootstrap: waiting for another bootstrap\n"
            assert not (outline.root / ".venv" / "paystack-stamp").exists()
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert second.wait(TIMEOUT_S) == 0
    assert (outline.root / ".venv" / "paystack-stamp").exists()
