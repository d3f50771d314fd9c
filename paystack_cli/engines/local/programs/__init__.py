"""The server programs that the local engine runs: found on the machine, else fetched without root.

`ensure` is the door; the modules beside it each know one way to find, fetch or prepare a program.
"""

from paystack_cli.engines.local.programs.model import (
    Program,
    ProgramUnavailable,
    Progress,
    Source,
)
from paystack_cli.engines.local.programs.provision import ensure

__all__ = ["Program", "ProgramUnavailable", "Progress", "Source", "ensure"]
