"""Log lines that many share one write: whole lines only, none larger than a pipe keeps whole."""

import io
import json
import select
from collections.abc import Iterator

import pytest
import structlog
from paycore.logging import configure_logging, log_many


class _Writes(io.StringIO):
    """Standard output that remembers each write."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def write(self, text: str) -> int:
        self.texts.append(text)
        return super().write(text)


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Writes]:
    writes = _Writes()
    monkeypatch.setattr("sys.stdout", writes)
    configure_logging("ingest-service", "INFO")
    yield writes
    structlog.reset_defaults()


def test_lines_that_share_a_write_stay_whole_in_a_pipe(output: _Writes) -> None:
    log_many("payment_decided", ({"payment_id": number, "pad": "x" * 100} for number in range(64)))
    assert [json.loads(line)["payment_id"] for line in output.getvalue().splitlines()] == [
        *range(64)
    ]
    assert 1 < len(output.texts) < 16
    for text in output.texts:
        assert text.endswith("}\n")
        assert len(text.encode()) <= select.PIPE_BUF


def test_one_line_larger_than_that_is_written_alone(output: _Writes) -> None:
    log_many("payment_decided", [{"n": 1}, {"n": 2, "pad": "x" * 5_000}, {"n": 3}])
    assert [json.loads(line)["n"] for line in output.getvalue().splitlines()] == [1, 2, 3]
    assert len(output.texts) == 3


def test_card_numbers_are_masked_and_nothing_is_written_for_nothing(output: _Writes) -> None:
    log_many("payment_decided", [])
    assert output.texts == []
    log_many("payment_decided", [{"note": "4111111111111111"}])
    assert "411111******1111" in output.getvalue()
