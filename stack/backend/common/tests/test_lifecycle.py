"""How a service starts and ends, seen from outside: signals, exit codes, the last log line."""

import json
import os
import signal
import socket
import subprocess
import sys
from typing import Any

import pytest
from paycore.lifecycle import Stop

SERVICE = """
import sys
from paycore.lifecycle import run_service
from paycore.settings import Environment

def serve(environment, stop):
    print("ready", flush=True)
    {work}

sys.exit(run_service("test", serve))
"""
END_MAX_S = 10


def start(work: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SERVICE.format(work=work)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )


def end_of(process: "subprocess.Popen[str]") -> tuple[int, dict[str, Any]]:
    """Exit code and last log line."""
    output, _ = process.communicate(timeout=END_MAX_S)
    return process.returncode, json.loads(output.splitlines()[-1])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_it_to_stop(number: signal.Signals) -> None:
    with start("stop.wait()") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        code, line = end_of(process)
    assert code == 0
    assert (line["event"], line["reason"]) == ("service_stopped", number.name)


def test_a_second_signal_ends_it_at_once() -> None:
    with start("stop.wait(); print('asked', flush=True); import time; time.sleep(60)") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "asked\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(END_MAX_S) == 128 + signal.SIGTERM


def test_a_missing_setting_is_named() -> None:
    with start("environment.text('DB_HOST')") as process:
        code, line = end_of(process)
    assert code == 1
    assert line["event"] == "service_cannot_start"
    assert "DB_HOST" in line["error"]


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        work = "from paycore.server import listen; listen(environment)"
        with start(work, BIND_HOST="127.0.0.1", SERVER_PORT=str(port)) as process:
            code, line = end_of(process)
    assert code == 1
    assert f"127.0.0.1:{port}" in line["error"]
    assert "SERVER_PORT" in line["error"]


def test_a_fault_is_logged_with_its_traceback() -> None:
    with start("1 / 0") as process:
        code, line = end_of(process)
    assert code == 1
    assert line["event"] == "service_failed"
    assert "ZeroDivisionError" in line["exception"]


def test_stop_tells_everyone_once_and_keeps_the_first_reason() -> None:
    stop, told = Stop(), []
    stop.on_request(lambda: told.append("early"))
    stop.request("first")
    stop.request("second")
    stop.on_request(lambda: told.append("late"))
    assert told == ["early", "late"]
    assert stop.reason == "first"
    assert stop.requested
    assert stop.wait(0)
