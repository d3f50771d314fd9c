"""Starts, ends and restarts out of supervisor's log."""

from datetime import datetime, timedelta
from pathlib import Path

from paystack_cli.engines.local.journal import Kind, exits_since, read_journal, restarts

ROTATED = """\
2026-11-22 17:00:00,001 INFO supervisord started with pid 1
2026-11-22 17:00:01,000 INFO spawned: 'store' with pid 10
2026-11-22 17:00:02,000 INFO success: store entered RUNNING state, process has stayed up for > 1
2026-11-22 17:00:03,500 WARN exited: store (terminated by SIGKILL; not expected)
2026-11-22 17:00:03,600 INFO spawned: 'store' with pid 11
"""
CURRENT = """\
2026-11-22 17:01:00,000 WARN exited: store (exit status 3; not expected)
2026-11-22 17:01:01,000 INFO spawned: 'store' with pid 12
2026-11-22 17:02:00,000 WARN exited: app (terminated by SIGSEGV (core dumped); not expected)
2026-11-22 17:03:00,000 INFO waiting for store to stop
2026-11-22 17:03:01,000 INFO stopped: store (exit status 0)
2026-11-22 17:04:00,000 INFO spawned: 'store' with pid 13
2026-11-22 17:04:01,000 WARN exited: store (terminated by SIGKILL; not expected)
2026-11-22 17:04:01,100 INFO spawned: 'store' with pid 14
"""


def _journal(tmp_path: Path, current: str = CURRENT) -> Path:
    log = tmp_path / "supervisord.log"
    log.with_name("supervisord.log.1").write_text(ROTATED)
    log.write_text(current)
    return log


def test_entries_of_both_files_in_order(tmp_path: Path) -> None:
    entries = read_journal(_journal(tmp_path))
    assert [(entry.service, entry.kind, entry.how) for entry in entries[:5]] == [
        ("store", Kind.SPAWNED, "pid 10"),
        ("store", Kind.EXITED, "terminated by SIGKILL"),
        ("store", Kind.SPAWNED, "pid 11"),
        ("store", Kind.EXITED, "exit status 3"),
        ("store", Kind.SPAWNED, "pid 12"),
    ]
    assert entries[5].how == "terminated by SIGSEGV"
    assert entries == sorted(entries, key=lambda entry: entry.at)


def test_restarts_are_counted_since_the_last_start_on_request(tmp_path: Path) -> None:
    assert restarts(read_journal(_journal(tmp_path, "")), "store") == 1
    assert restarts(read_journal(_journal(tmp_path)), "store") == 1
    assert restarts(read_journal(_journal(tmp_path)), "gateway") == 0


def test_exits_since(tmp_path: Path) -> None:
    entries = read_journal(_journal(tmp_path))
    last = datetime(2026, 11, 22, 17, 4, 1).astimezone()
    assert [entry.at for entry in exits_since(entries, "store", last)] == [last]
    assert exits_since(entries, "store", last + timedelta(milliseconds=1)) == []


def test_no_log_is_no_journal(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "supervisord.log") == []
