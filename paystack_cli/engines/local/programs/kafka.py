"""Kafka on the command line: the flags for a quick start, and the archive of its loaded classes."""

import hashlib
from pathlib import Path

from paystack_cli.engines.local.programs.catalog import KAFKA, KAFKA_VERSION
from paystack_cli.engines.local.programs.model import Program, Source

JVM_FLAGS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
"""Serial collector and first compiler only. On 2 cores that is the quickest start, and for the
first million records half the CPU, because the second compiler does not compete."""


def kafka_program(java: Program, jars: Path) -> Program:
    """Kafka of these jars on this Java; append JVM options, a main class and its arguments."""
    archive = class_archive(java, jars)
    usable = archive.is_file() and archive.stat().st_size > 0
    options = (f"-XX:SharedArchiveFile={archive}",) if usable else ()
    return Program(
        name=KAFKA.name,
        argv=command(java, jars, *options),
        home=jars,
        version=KAFKA_VERSION,
        source=Source.FETCHED,
    )


def class_archive(java: Program, jars: Path) -> Path:
    """Where the archive of this pair is; it holds for one Java and one path of the jars alone.

    An empty file says that no archive could be made.
    """
    pair = f"{java.argv} {java.version} {jars}"
    return jars / f"classes-{hashlib.sha256(pair.encode()).hexdigest()[:12]}.jsa"


def command(java: Program, jars: Path, *options: str) -> tuple[str, ...]:
    """The start of a command line of Kafka."""
    return (*java.argv, *JVM_FLAGS, *options, "-cp", f"{jars}/*")
