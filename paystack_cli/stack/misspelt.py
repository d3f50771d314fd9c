"""Variables of `.env` that no one reads, and what they may have been meant for."""

from dataclasses import dataclass

from paystack_cli.stack.known_settings import known_settings
from paystack_cli.stack.nearest import LIKENESS_MIN, nearest
from paystack_cli.stack.settings import DOTENV, Settings

OUR_PREFIXES = ("PAYSTACK_", "MARIADB_", "JENKINS_", "NGROK_")

LIKENESS_MIN_OF_OTHERS = 0.8
"""Of a variable without our prefix to one of ours: it may as well belong to somebody else."""


@dataclass(frozen=True, slots=True)
class Misspelt:
    """A variable without effect, and the nearest that there are, the best first."""

    variable: str
    nearest: tuple[str, ...]

    @property
    def message(self) -> str:
        """The finding in a line."""
        meant = f"; did you mean {self.nearest[0]}?" if self.nearest else ""
        return f"{DOTENV} sets {self.variable}, which nothing reads{meant}"


def misspelt(settings: Settings) -> tuple[Misspelt, ...]:
    """The variables of the project's `.env` that are no settings and look as if they should be."""
    known = known_settings(settings.compose_file)
    found = []
    for variable in settings.values_of(DOTENV):
        if variable in known:
            continue
        ours = variable.startswith(OUR_PREFIXES)
        likeness = LIKENESS_MIN if ours else LIKENESS_MIN_OF_OTHERS
        close = nearest(variable, known, likeness_min=likeness)
        if ours or close:
            found.append(Misspelt(variable, tuple(close)))
    return tuple(found)
