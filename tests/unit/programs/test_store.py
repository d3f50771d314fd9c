"""Fetched programs are complete or absent."""

import fcntl
from pathlib import Path
from threading import Thread

import pytest

from paystack_cli.engines.local.programs.catalog import EXECUTABLES, KAFKA
from paystack_cli.engines.local.programs.machine import Unfit
from paystack_cli.engines.local.programs.model import (
    FetchError,
    Program,
    ProgramUnavailable,
    Source,
)
from paystack_cli.engines.local.programs.store import STAGING_PREFIX, Store

NGINX = EXECUTABLES["nginx"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    locks = tmp_path / "locks"
    locks.mkdir()
    for name in ("java.lock", "kafka-jars.lock"):
        (locks / name).write_text("pinned\n")
    return Store(tmp_path / "tools", locks)


def unpacked_nginx(folder: Path, version: str) -> Path:
    server = folder / "nginx" / "usr" / "sbin" / "nginx"
    server.parent.mkdir(parents=True)
    server.write_text(f"#!/bin/sh\necho nginx version: nginx/{version}: $LD_LIBRARY_PATH\n")
    server.chmod(0o755)
    (folder / "nginx" / "usr" / "lib" / "x86_64-linux-gnu").mkdir(parents=True)
    return folder / "nginx"


def test_what_was_kept_is_found_with_its_libraries(store: Store) -> None:
    assert store.find(NGINX) is None
    with store.staging(print) as staging:
        store.keep(unpacked_nginx(staging, "1.22.1"), NGINX)
    program = store.find(NGINX)
    assert isinstance(program, Program)
    assert program.source is Source.FETCHED
    assert program.home == store.place(NGINX) / "usr"
    assert program.environment == {"LD_LIBRARY_PATH": f"{program.home}/lib/x86_64-linux-gnu"}


def test_what_is_not_installed_is_told_where_its_files_are(store: Store) -> None:
    spec = EXECUTABLES["debootstrap"]
    with store.staging(print) as staging:
        program = staging / "debootstrap" / "usr" / "sbin" / "debootstrap"
        program.parent.mkdir(parents=True)
        program.write_text('#!/bin/sh\necho debootstrap 1.0.128; test -d "$DEBOOTSTRAP_DIR"\n')
        program.chmod(0o755)
        store.keep(staging / "debootstrap", spec)
    found = store.find(spec)
    assert isinstance(found, Program)
    data = store.place(spec) / "usr" / "share" / "debootstrap"
    assert found.environment["DEBOOTSTRAP_DIR"] == str(data)


def test_what_is_too_old_is_not_kept(store: Store) -> None:
    with (
        pytest.raises(FetchError, match="or newer is needed"),
        store.staging(print) as staging,
    ):
        store.keep(unpacked_nginx(staging, "1.14.2"), NGINX)
    assert store.find(NGINX) is None


def test_what_no_longer_runs_is_replaced(store: Store) -> None:
    for _ in range(2):
        with store.staging(print) as staging:
            store.keep(unpacked_nginx(staging, "1.22.1"), NGINX)
        assert isinstance(store.find(NGINX), Program)
        (store.place(NGINX) / "usr" / "sbin" / "nginx").unlink()
        assert isinstance(store.find(NGINX), Unfit)


def test_a_folder_that_cannot_be_written_is_named(store: Store) -> None:
    store.tools_dir.write_text("not a folder")
    with pytest.raises(ProgramUnavailable, match="cannot write to") as caught:
        store.staging(print).__enter__()
    assert "PAYSTACK_TOOLS_DIR" in caught.value.hint


def test_a_changed_pin_is_another_place(store: Store) -> None:
    before = store.place(KAFKA)
    store.lock("kafka-jars.lock").write_text("other jars\n")
    assert store.place(KAFKA) != before


def test_nothing_stays_of_a_fetch_that_was_killed_or_not_kept(store: Store) -> None:
    killed = store.tools_dir / f"{STAGING_PREFIX}killed"
    (killed / "half").mkdir(parents=True)
    with store.staging(print) as staging:
        (staging / "half").mkdir()
    assert [path.name for path in store.tools_dir.iterdir()] == [".lock"]


def test_a_second_paystack_waits_and_says_so(store: Store) -> None:
    said: list[str] = []
    store.tools_dir.mkdir()

    def fetch() -> None:
        with store.staging(release):
            said.append("fetching")

    with (store.tools_dir / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        def release(line: str) -> None:
            said.append(line)
            fcntl.flock(lock, fcntl.LOCK_UN)

        second = Thread(target=fetch)
        second.start()
        second.join(timeout=10)
    assert said == [
        f"waiting for another paystack that fetches into {store.tools_dir}",
        "fetching",
    ]
