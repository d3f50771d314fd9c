"""Kafka's command line, with Java played by a script."""

from pathlib import Path

import pytest

from paystack_cli.engines.local.programs.kafka import class_archive, kafka_program
from paystack_cli.engines.local.programs.model import Program, Source
from paystack_cli.engines.local.programs.training import train


@pytest.fixture
def java(tmp_path: Path) -> Program:
    script = tmp_path / "bin" / "java"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho no such class >&2\nexit 1\n")
    script.chmod(0o755)
    return Program("java", (str(script),), tmp_path, "17.0.15", Source.MACHINE)


@pytest.fixture
def jars(tmp_path: Path) -> Path:
    folder = tmp_path / "kafka jars"
    folder.mkdir()
    return folder


def test_the_class_archive_is_used_once_it_is_there(java: Program, jars: Path) -> None:
    without = kafka_program(java, jars)
    assert without.argv[0] == java.argv[0]
    assert without.argv[-2:] == ("-cp", f"{jars}/*")
    class_archive(java, jars).write_bytes(b"classes")
    option = f"-XX:SharedArchiveFile={class_archive(java, jars)}"
    assert set(kafka_program(java, jars).argv) - set(without.argv) == {option}


def test_another_java_has_another_archive(java: Program, jars: Path) -> None:
    newer = Program("java", java.argv, java.home, "17.0.16", Source.MACHINE)
    assert class_archive(newer, jars) != class_archive(java, jars)


def test_a_training_that_fails_costs_only_speed(java: Program, jars: Path, tmp_path: Path) -> None:
    told: list[str] = []
    train(java, jars, tmp_path, told.append)
    assert told[-1] == "Kafka will start more slowly: java: no such class"
    assert class_archive(java, jars).exists(), "it would be tried again at each start"
    assert not [option for option in kafka_program(java, jars).argv if "SharedArchive" in option]
