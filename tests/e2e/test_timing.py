"""How long `up` took, against earlier ones: kept over commands, told in table and document."""

import pytest

from paystack_cli.engines.timing_history import SAMPLES_MIN
from paystack_cli.errors import ExitCode
from tests.support.documents import keeps_schema
from tests.support.stack import StackUnderTest

ONE = ("up", "--only", "pg-simulator")


def test_the_usual_time_the_critical_path_and_the_budget(idle: StackUnderTest) -> None:
    for _ in range(SAMPLES_MIN):
        assert "USUAL" not in idle.paystack(*ONE).stdout
        idle.paystack("down")

    up = idle.paystack(*ONE, "--output", "json").document
    keeps_schema("up", up)
    assert (up["ok"], up["failure"], up["exceeded"]) == (True, None, [])
    (service,) = up["services"]
    assert service["usual_s"] > 0
    path = up["critical_path"]
    assert [link["name"] for link in path["services"]] == ["pg-simulator"]
    told_s = path["before_s"] + sum(link["seconds"] for link in path["services"])
    assert told_s == pytest.approx(service["at_s"], abs=0.01)

    again = idle.paystack(*ONE).stdout
    assert "USUAL" in again
    assert "critical path" not in again, "nothing was started"

    late = idle.paystack(
        *(*ONE, "--recreate", "--budget", "pg-simulator=0.01", "--budget", "100"),
        expect=ExitCode.THRESHOLD,
    )
    assert "critical path: " in late.stdout
    assert "paystack: pg-simulator took" in late.stderr
    assert "its budget is 0.01 s, on the critical path pg-simulator" in late.stderr
    assert idle.status()["pg-simulator"]["health"] == "healthy"

    setting = "100 pg-simulator=0.01"
    idle.paystack(*ONE, "--recreate", expect=ExitCode.THRESHOLD, PAYSTACK_BUDGET=setting)
    patient = ("--budget", "pg-simulator=100")
    idle.paystack(*ONE, "--recreate", *patient, PAYSTACK_BUDGET=setting)
