"""A private Docker Engine of this folder, from packages; see `private_engine`.

start: start it, unless an engine answers already; status: which engine answers; env: the shell
lines that select it; stop: end it, its data stays; clean: end it and remove all it has.
"""

import argparse
import sys
from collections.abc import Callable

import click

from paystack_cli.closed_network.private_engine import PrivateEngine
from paystack_cli.closed_network.script import run_script, tell
from paystack_cli.stack.settings import load_settings

ACTIONS: dict[str, Callable[[PrivateEngine], None]] = {
    "start": PrivateEngine.start,
    "status": lambda engine: click.echo(engine.describe()),
    "env": lambda engine: click.echo(engine.shell_lines()),
    "stop": PrivateEngine.stop,
    "clean": PrivateEngine.clean,
}


def main() -> int:
    """Entry point of scripts/docker-engine."""
    parser = argparse.ArgumentParser(prog="scripts/docker-engine", description=__doc__)
    parser.add_argument("action", choices=ACTIONS)
    action = ACTIONS[parser.parse_args().action]
    return run_script("docker-engine", lambda: action(PrivateEngine(load_settings(), tell)))


if __name__ == "__main__":
    sys.exit(main())
