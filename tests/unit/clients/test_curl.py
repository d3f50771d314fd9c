"""curl's configuration and what its output is read as: whatever the bytes, they come back."""

import base64
import io
import tarfile
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paystack_cli.clients.curl import (
    REPORTS,
    Failure,
    Request,
    Unreadable,
    configuration,
    read_answers,
)
from paystack_cli.clients.http import Answer

HEADER_NAMES = st.from_regex(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}", fullmatch=True)
HEADER_VALUES = st.from_regex(
    rb"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]{0,50}[!-~\x80-\xff])?)?", fullmatch=True
)
"""RFC 9110, section 5: visible characters and any byte above, blanks only between them."""

Answered = tuple[int, list[tuple[str, bytes]], bytes]
ANSWERED = st.tuples(
    st.integers(100, 599), st.lists(st.tuples(HEADER_NAMES, HEADER_VALUES)), st.binary()
)


def output(files: Mapping[str, bytes]) -> str:
    """What SCRIPT prints of these files."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return base64.encodebytes(archive.getvalue()).decode()


def files_of(answers: list[Answered]) -> dict[str, bytes]:
    files = {REPORTS: b"".join(b"%d 0 \n" % number for number in reversed(range(len(answers))))}
    for number, (status, headers, body) in enumerate(answers):
        fields = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in headers)
        files[f"{number}.head"] = b"HTTP/1.1 %d Said\r\n%s\r\n" % (status, fields)
        if body:
            files[f"{number}.body"] = body
    return files


@given(st.lists(ANSWERED, max_size=4))
def test_status_headers_and_body_come_back_as_they_were(answers: list[Answered]) -> None:
    found = read_answers(output(files_of(answers)), len(answers))
    for answer, (status, headers, body) in zip(found, answers, strict=True):
        assert isinstance(answer, Answer)
        assert (answer.status, answer.body) == (status, body)
        assert answer.headers.raw == [(n.encode(), v) for n, v in headers]  # type: ignore[attr-defined]


@given(st.text(), st.integers(0, 3))
def test_no_output_makes_anything_but_unreadable(text: str, count: int) -> None:
    with pytest.raises(Unreadable):
        read_answers(text, count)


@given(st.data())
def test_an_output_cut_anywhere_before_its_last_file_is_unreadable(data: st.DataObject) -> None:
    whole = output(
        {"0.head": b"HTTP/1.1 200 OK\r\n\r\n", "0.body": b"x" * 2000, REPORTS: b"0 0 \n"}
    )
    end = data.draw(st.integers(0, len(whole) // 4))
    with pytest.raises(Unreadable):
        read_answers(whole[:end], 1)


@pytest.mark.parametrize(
    ("head", "status", "headers"),
    [
        pytest.param(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nA: 1\r\n\r\n",
            201,
            {"a": "1"},
            id="an interim answer before",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nA: 1\r\n\r\nTrailer-Field: 2\r\n\r\n",
            200,
            {"a": "1"},
            id="a trailer behind",
        ),
        pytest.param(b"HTTP/2 204 \r\nx: \r\n\r\n", 204, {"x": ""}, id="HTTP/2, an empty value"),
        pytest.param(b"HTTP/1.1 200 OK\nA: 1\n\n", 200, {"a": "1"}, id="bare line feeds"),
    ],
)
def test_heads(head: bytes, status: int, headers: dict[str, str]) -> None:
    (answer,) = read_answers(output({"0.head": head, REPORTS: b"0 0 \n"}), 1)
    assert isinstance(answer, Answer)
    assert (answer.status, dict(answer.headers), answer.body) == (status, headers, b"")


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (b"0 6 Could not resolve host: x", "nobody has this name (curl 6)"),
        (b"0 7 Failed to connect", "refused (curl 7)"),
        (b"0 28 Operation timed out", "no answer in time (curl 28)"),
        (b"0 47 Too {many} redirects\xff", "Too {many} redirects\ufffd (curl 47)"),
        (b"0 99", " (curl 99)"),
    ],
)
def test_a_failure_says_what_it_was(report: bytes, reason: str) -> None:
    assert read_answers(output({REPORTS: report}), 1) == [Failure(reason)]


def test_a_request_in_curls_own_words() -> None:
    request = Request(
        "POST",
        "http://[::1]:8080/a?b",
        2.5,
        b'{"a": "b\\c"}\n',
        {"Idempotency-Key": "k", "Empty": ""},
    )
    assert configuration([request, Request("GET", "http://x/", 1)]) == (
        "globoff\n"
        'url = "http://[::1]:8080/a?b"\n'
        'request = "POST"\n'
        'header = "Idempotency-Key: k"\n'
        'header = "Empty;"\n'
        'data-raw = "{\\"a\\": \\"b\\\\c\\"}\\n"\n'
        'max-time = "2.500"\n'
        'noproxy = "*"\n'
        'output = "0.body"\n'
        'dump-header = "0.head"\n'
        'write-out = "0 %{exitcode} %{errormsg}\\n"\n'
        "next\n"
        "globoff\n"
        'url = "http://x/"\n'
        'request = "GET"\n'
        'max-time = "1.000"\n'
        'noproxy = "*"\n'
        'output = "1.body"\n'
        'dump-header = "1.head"\n'
        'write-out = "1 %{exitcode} %{errormsg}\\n"\n'
    )


@pytest.mark.parametrize("body", [b"a\0b", b"\xff"])
def test_a_body_that_a_configuration_cannot_hold_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"NUL|decode"):
        configuration([Request("POST", "http://x/", 1, body)])
