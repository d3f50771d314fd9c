"""What a Dockerfile takes from its context: stages, variables, heredocs, mounts, triggers."""

import pytest

from paystack_cli.context import NotMeasurable
from paystack_cli.context.sources import wanted_sources

CASES = {
    "words": ("FROM scratch\nCOPY a b/c /x/", ("/a", "/b/c")),
    "a list": ('FROM scratch\nCOPY ["a b", "c", "/x/"]', ("/a b", "/c")),
    "everything": ("FROM scratch\nCOPY . /", ("/",)),
    "nothing leads out": ("FROM scratch\nADD ../../a ./b/../c /", ("/a", "/c")),
    "no context at all": ("FROM scratch\nENV A=1", ()),
    "keywords in small letters": ("from scratch\ncopy a /", ("/a",)),
    "addresses": (
        "FROM scratch\nADD https://host/a.tgz git@host:a/b.git b /",
        ("/b",),
    ),
    "continued, with a comment in between": (
        "FROM scratch\nCOPY a \\\n# not this\n\n  b \\\n  /x/",
        ("/a", "/b"),
    ),
    "another escape": ("# escape=`\nFROM scratch\nCOPY a `\n b /", ("/a", "/b")),
    "flags": (
        "FROM scratch\nCOPY --link --chown=1:1 --exclude=*.md --parents a/./b/*.py /",
        ("/a/b/*.py",),
    ),
    "another stage": (
        "FROM scratch AS one\nCOPY a /\nFROM scratch\nCOPY --from=one /b /",
        ("/a",),
    ),
    "an unused stage": ("FROM scratch AS one\nCOPY a /\nFROM scratch\nCOPY b /", ("/b",)),
    "a stage by number": (
        "FROM scratch\nCOPY a /\nFROM scratch\nCOPY --from=0 /a /",
        ("/a",),
    ),
    "a stage below": ("FROM scratch AS Base\nCOPY a /\nFROM base\nCOPY b /", ("/a", "/b")),
    "an image": ("FROM scratch\nCOPY --from=busybox:1 /bin /", ()),
    "a heredoc": ("FROM scratch\nCOPY <<EOF b /x/\nCOPY no /\nEOF\nCOPY a /", ("/a", "/b")),
    "heredocs of RUN": (
        "FROM scratch\nRUN <<-'ONE' cat <<TWO\nCOPY no /\n\tONE\nADD no /\nTWO\nCOPY a /",
        ("/a",),
    ),
    "no heredoc in quotes": ('FROM scratch\nRUN echo "<<EOF"\nCOPY a /', ("/a",)),
    "a bind mount": ("FROM scratch\nRUN --mount=type=bind,source=a,target=/a true", ("/a",)),
    "a bind mount of all": ("FROM scratch\nRUN --mount=target=/src true", ("/",)),
    "a mount from a stage": (
        "FROM scratch AS one\nCOPY a /\nFROM scratch\nRUN --mount=from=one,target=/a true",
        ("/a",),
    ),
    "a cache": ("FROM scratch\nRUN --mount=type=cache,target=/a true\nCOPY b /", ("/b",)),
    "a tmpfs needs no context": ("FROM scratch\nRUN --mount=type=tmpfs,target=/a true", ()),
    "ARG": ("FROM scratch\nARG D=a\nCOPY ${D}/x $D /", ("/a", "/a/x")),
    "ARG from before FROM": ("ARG D=a\nFROM scratch\nARG D\nCOPY $D /", ("/a",)),
    "ENV over ARG": ("FROM scratch\nARG D=a\nENV D=b\nCOPY $D /", ("/b",)),
    "ENV in the old form": ("FROM scratch\nENV D a b\nCOPY $D /", ("/a b",)),
    "a default": ("FROM scratch\nCOPY ${D:-a} ${D:+b}c /", ("/a", "/c")),
    "a quoted dollar": ("FROM scratch\nCOPY '$D' \\$E /", ("/$D", "/$E")),
    "variables of the stage below": (
        "FROM scratch AS one\nARG D=a\nFROM one\nCOPY $D /",
        ("/a",),
    ),
    "a trigger": ("FROM scratch AS one\nONBUILD COPY a /\nFROM one", ("/a",)),
    "a trigger is not its own": ("FROM scratch\nONBUILD COPY a /", ()),
}


@pytest.mark.parametrize(("text", "wanted"), CASES.values(), ids=CASES)
def test_sources(text: str, wanted: tuple[str, ...]) -> None:
    assert wanted_sources(text) == wanted


def test_a_target_and_arguments_of_the_build() -> None:
    text = "ARG A=x\nFROM scratch AS One\nARG A\nCOPY $A /\nFROM scratch\nCOPY b /"
    assert wanted_sources(text, target="one", args={"A": "c"}) == ("/c",)
    assert wanted_sources(text, target="0") == ("/x",)


REFUSED = {
    "no FROM": "COPY a /",
    "a heredoc without an end": "FROM scratch\nCOPY <<EOF /x\na",
    "a variable of the base image": "FROM busybox\nCOPY $HOME /",
    "an operator": "FROM scratch\nARG A=b\nCOPY ${A%b} /",
    "an open quote": "FROM scratch\nCOPY 'a /",
    "a variable in --from": "FROM scratch\nCOPY --from=$A a /",
    "another frontend": "# syntax=example.org/other\nFROM scratch",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_known_is_refused(text: str) -> None:
    with pytest.raises(NotMeasurable):
        wanted_sources(text)


def test_a_target_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(NotMeasurable) as refused:
        wanted_sources("FROM scratch AS one", target="two")
    assert "one" in refused.value.hint
