"""Rules beyond the recorded cases; each of these was seen on a real engine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paystack_cli.context.go_path import BadPatternError, clean, match
from paystack_cli.context.ignore_file import IgnoreFileRefused, parse_ignore_file
from paystack_cli.context.matcher import Matcher


def excluded(ignore: str, path: str) -> bool:
    matcher = Matcher(parse_ignore_file(ignore.encode()))
    inherited, found = (), None
    names = path.split("/")
    for depth in range(1, len(names) + 1):
        found = matcher.match("/".join(names[:depth]), inherited)
        inherited = found.inherited
    assert found is not None
    return found.excluded


CASES = {
    "a choice, as | is not escaped": ("(a|b)/x*", "(a", True),
    "a choice only where an expression is needed": ("a|b", "a", False),
    "a count, as braces are not escaped": ("a{2}*", "aa", True),
    "an anchor inside": ("a^b*", "a^b", False),
    "a cleaned line may become an exception": ("*\n./!keep", "keep", False),
    "a class of RE2": ("[[:alpha:]]", "a", True),
    "a digit": ("\\d", "7", True),
    "a literal part of RE2": ("\\Qa*b\\E", "aQ", False),
}


@pytest.mark.parametrize(("ignore", "path", "expected"), CASES.values(), ids=CASES)
def test_what_a_pattern_means(ignore: str, path: str, expected: bool) -> None:
    assert excluded(ignore, path) is expected


@pytest.mark.parametrize("pattern", ["x[a-]", "README.md/[a-]/b", "*/[a-]", "R[ab]/[a-]/b"])
def test_a_malformed_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(IgnoreFileRefused) as refused:
        parse_ignore_file(f"fine\n{pattern}\n".encode())
    assert (refused.value.reason, refused.value.line) == ("syntax error in pattern", 2)


@pytest.mark.parametrize("pattern", ["R[ab]*/[a-]", "[ab]*[a-]", "README.md/*/[a-]/b"])
def test_what_the_engine_overlooks_is_not_refused(pattern: str) -> None:
    assert [rule.pattern for rule in parse_ignore_file(pattern.encode())] == [pattern]


def test_a_pattern_that_re2_cannot_read_is_refused_once_it_is_needed() -> None:
    matcher = Matcher(parse_ignore_file(b"a{2000}*"))
    with pytest.raises(IgnoreFileRefused):
        matcher.match("a")


def test_a_line_that_is_too_long_is_refused() -> None:
    with pytest.raises(IgnoreFileRefused, match="token too long"):
        parse_ignore_file(b"a" * 65536)


def test_exploding_patterns_cost_no_time() -> None:
    matcher = Matcher(parse_ignore_file(("*a" * 200 + "b\n" + "**/a*" * 50).encode()))
    assert not matcher.match("a" * 200).excluded


GO_MATCH = {
    ("abc", "abc"): True,
    ("a*", "abc"): True,
    ("a*/b", "a/c/b"): False,
    ("a*b*c*d*e*/f", "axbxcxdxe/f"): True,
    ("ab[^e-g]", "abc"): True,
    ("a?b", "a/b"): False,
    ("[\\]a]", "]"): True,
    ("*x", "xxx"): True,
}


@pytest.mark.parametrize(("case", "expected"), GO_MATCH.items(), ids=str)
def test_matching_as_go_does(case: tuple[str, str], expected: bool) -> None:
    assert match(*case) is expected


@given(st.text("ab*?[]^-\\/", max_size=12), st.text("ab/]", max_size=8))
def test_matching_always_ends_with_an_answer_or_the_one_error(pattern: str, name: str) -> None:
    try:
        assert match(pattern, name) in {True, False}
    except BadPatternError:
        assert not {"[", "\\"}.isdisjoint(pattern)


@given(st.text("a./", min_size=1, max_size=12))
def test_cleaning_twice_changes_nothing(path: str) -> None:
    assert clean(clean(path)) == clean(path)
