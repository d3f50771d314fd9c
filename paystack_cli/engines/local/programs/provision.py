"""The door: each program from this machine when it will do, else as it was or is now fetched."""

from collections.abc import Iterable, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.engines.local.programs.catalog import (
    EXECUTABLES,
    JAVA,
    KAFKA,
    NAMES,
    Executable,
    Spec,
)
from paystack_cli.engines.local.programs.fetch import fetch
from paystack_cli.engines.local.programs.kafka import class_archive, kafka_program
from paystack_cli.engines.local.programs.machine import Unfit, find_on_machine
from paystack_cli.engines.local.programs.model import (
    Program,
    ProgramUnavailable,
    Progress,
)
from paystack_cli.engines.local.programs.store import Store
from paystack_cli.engines.local.programs.training import train


def ensure(
    names: Iterable[str],
    *,
    tools_dir: Path,
    locks_dir: Path,
    environment: Mapping[str, str],
    progress: Progress,
) -> dict[str, Program]:
    """The programs of these names, and those that they need, by name.

    `tools_dir` keeps what is fetched and `locks_dir` holds the lock files that pin it; of
    `environment`, PATH says where to look and PAYSTACK_<PROGRAM> forces one executable.
    Raises ProgramUnavailable.
    """
    wanted = set(names)
    unknown = wanted.difference(NAMES)
    if unknown:
        raise ProgramUnavailable(
            f"there is no program {', '.join(sorted(unknown))}",
            hint=f"choose from {', '.join(NAMES)}",
        )
    store = Store(tools_dir.absolute(), locks_dir)
    inventory = take_inventory(wanted, store, environment)
    if inventory.missing:
        with store.staging(progress) as staging:
            # Another paystack may have fetched them while this one waited for the folder.
            inventory = take_inventory(wanted, store, environment)
            for note in inventory.notes:
                progress(note)
            if inventory.missing:
                fetch(inventory.missing, store, staging, environment, progress)
        inventory = take_inventory(wanted, store, environment)
    programs = dict(inventory.programs)
    if KAFKA.name in wanted:
        java, jars = programs[JAVA.name], store.place(KAFKA)
        if not class_archive(java, jars).exists():
            with store.staging(progress) as staging:
                train(java, jars, staging, progress)
        programs[KAFKA.name] = kafka_program(java, jars)
    return programs


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is there, what must be fetched, and why something that is there was passed over."""

    programs: Mapping[str, Program]
    missing: tuple[Spec, ...]
    notes: tuple[str, ...]


def take_inventory(wanted: Set[str], store: Store, environment: Mapping[str, str]) -> Inventory:
    """What there is of the programs `wanted`, and of those that they need. Fetches nothing."""
    with_kafka = KAFKA.name in wanted
    names = wanted - {KAFKA.name} | ({JAVA.name} if with_kafka else set())
    specs = [EXECUTABLES[name] for name in sorted(names)]
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda spec: _find(spec, store, environment), specs))
    programs = {program.name: program for program in found if isinstance(program, Program)}
    missing: list[Spec] = [spec for spec in specs if spec.name not in programs]
    if with_kafka and not store.place(KAFKA).exists():
        missing.append(KAFKA)
    notes = tuple(unfit.reason for unfit in found if isinstance(unfit, Unfit))
    return Inventory(programs, tuple(missing), notes)


def _find(spec: Executable, store: Store, environment: Mapping[str, str]) -> Program | Unfit | None:
    """The machine's own before the fetched one, and either before what is there but unfit."""
    on_machine = find_on_machine(spec, environment)
    if isinstance(on_machine, Program):
        return on_machine
    return store.find(spec) or on_machine
