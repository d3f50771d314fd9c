"""Makes what the images copy in: the services' wheels and those of others that they install."""

import argparse
import sys
import time

import click

from paystack_cli.artefacts.make import make_artefacts
from paystack_cli.closed_network.script import run_script
from paystack_cli.stack.settings import load_settings


def main() -> int:
    """Entry point of scripts/artefacts."""
    parser = argparse.ArgumentParser(prog="scripts/artefacts", description=__doc__)
    parser.add_argument("service", nargs="*", help="of these services alone; all without one")
    services: list[str] = parser.parse_args().service

    def act() -> None:
        started_s = time.monotonic()
        settings = load_settings()
        changed = make_artefacts(settings, services)
        for file in changed:
            click.echo(f"artefacts: new {file.relative_to(settings.project_dir)}", err=True)
        took_s = time.monotonic() - started_s
        click.echo(f"artefacts: {len(changed) or 'none'} changed ({took_s:.1f} s)", err=True)

    return run_script("artefacts", act)


if __name__ == "__main__":
    sys.exit(main())
