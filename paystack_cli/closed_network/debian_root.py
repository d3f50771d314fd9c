"""A new root folder of Debian, made by debootstrap."""

import os
from pathlib import Path

from paystack_cli.closed_network.debian import RELEASE, find_mirror
from paystack_cli.closed_network.tool import run
from paystack_cli.engines.local.programs import Program

DEBOOTSTRAP_TIMEOUT_S = 600
"""30 s on two cores beside a quick mirror."""

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def make_debian_root(debootstrap: Program, recipe: Path, root: Path) -> None:
    """Make the smallest Debian in the folder `root`, and run the recipe's `slim` on it.

    Raises PreflightError without a mirror, StartFailed with what debootstrap said.
    """
    search = (os.environ["PATH"], "/usr/sbin", "/sbin")
    environment = {**debootstrap.environment, "PATH": os.pathsep.join(search)}
    command = [*debootstrap.argv, "--variant=minbase", f"--keyring={KEYRING}"]
    command += [RELEASE, str(root), find_mirror()]
    run(command, environment, timeout_s=DEBOOTSTRAP_TIMEOUT_S)
    run(["bash", str(recipe / "slim"), str(root)], environment)
