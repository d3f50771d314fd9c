"""A fault is healed whatever happens while it lasts."""

import os
import signal
from dataclasses import dataclass, field

import pytest

from paystack_cli.errors import CheckFailed
from paystack_cli.faults.model import Fault, HealedAtLast, NotHealed
from paystack_cli.faults.own_commands import OwnCommands


@dataclass
class Recorded:
    """A fault that only remembers; `interrupted` sends Ctrl-C to us while it is being healed."""

    fails: bool = False
    interrupted: bool = False
    told: str = "broken"
    by_hand: str = "mend it"
    done: list[str] = field(default_factory=list)

    def apply(self) -> None:
        self.done.append("applied")
        if self.fails:
            raise CheckFailed("half broken", hint="")

    def heal(self) -> None:
        self.done.append("healing")
        if self.interrupted:
            os.kill(os.getpid(), signal.SIGINT)
        self.done.append("healed")


def test_what_was_never_broken_is_not_healed() -> None:
    fault = Recorded()
    with HealedAtLast(fault) as healed:
        assert healed.applied_at_s == 0
    assert fault.done == []


def test_it_is_broken_once_and_healed_once() -> None:
    fault = Recorded()
    with HealedAtLast(fault) as healed:
        healed.apply()
        healed.apply()
        healed.heal()
        healed.heal()
        assert 0 < healed.applied_at_s <= healed.healed_at_s
    assert fault.done == ["applied", "healing", "healed"]


@pytest.mark.parametrize("what", [KeyboardInterrupt, ValueError])
def test_it_is_healed_after(what: type[BaseException]) -> None:
    fault = Recorded()

    def fail() -> None:
        with HealedAtLast(fault) as healed:
            healed.apply()
            raise what

    with pytest.raises(what):
        fail()
    assert fault.done == ["applied", "healing", "healed"]


def test_what_broke_only_half_is_healed_too() -> None:
    fault = Recorded(fails=True)
    with pytest.raises(CheckFailed, match="half broken"), HealedAtLast(fault) as healed:
        healed.apply()
    assert fault.done == ["applied", "healing", "healed"]


def test_what_cannot_be_healed_is_told_with_the_command_that_does() -> None:
    fault = OwnCommands("true", "sh -c 'exit 7'")
    with pytest.raises(NotHealed, match=r"still broken, after: true: .* ended with 7") as failed:
        _break(fault)
    assert failed.value.hint == "sh -c 'exit 7'"


def _break(fault: Fault) -> None:
    with HealedAtLast(fault) as healed:
        healed.apply()


def test_who_interrupts_the_healing_waits_for_its_end() -> None:
    fault = Recorded(interrupted=True)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), HealedAtLast(fault) as healed:
        healed.apply()
    assert fault.done == ["applied", "healing", "healed"]
    assert healed.healed_at_s > 0
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("false", "'false' ended with 1: no output"),
        ("sh -c 'echo no such cluster >&2; exit 3'", "ended with 3: no such cluster"),
        ("/nowhere/at-all", "cannot run '/nowhere/at-all'"),
        ("sh -c '", "cannot run"),
        ("", "cannot run ''"),
    ],
)
def test_an_own_command_that_fails_is_told(command: str, said: str) -> None:
    with pytest.raises(Exception, match=said):
        OwnCommands(command, "true").apply()
