"""The lock file of Kafka's jars, Maven played by a script, and mirrors of Maven's settings."""

import hashlib
from pathlib import Path

import pytest

from paystack_cli.engines.local.programs import jars
from paystack_cli.engines.local.programs.catalog import KAFKA_VERSION
from paystack_cli.engines.local.programs.jars import Jar, fetch_jars, mirror_of, read_jars
from paystack_cli.engines.local.programs.model import FetchError

LOCK = Path(__file__).parents[3] / "requirements" / "kafka-jars.lock"
CONTENT = b"a jar"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "jars.lock"
    digest = hashlib.sha256(CONTENT).hexdigest()
    path.write_text(f"# comment\n\norg.example:thing:1.2 sha256:{digest}\n")
    return path


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise FetchError("no network")

    monkeypatch.setattr(jars, "_download", refuse)


def maven_that_writes(folder: Path, content: bytes, exit_code: int = 0) -> dict[str, str]:
    """An environment whose `mvn` writes one jar where it is told to."""
    folder.mkdir()
    (folder / "content").write_bytes(content)
    maven = folder / "mvn"
    maven.write_text(
        "#!/bin/sh\n"
        "for argument; do case $argument in -DoutputDirectory=*) to=${argument#*=};; esac; done\n"
        f'cp "{folder}/content" "$to/thing-1.2.jar"\n'
        "echo what mvn says\n"
        f"exit {exit_code}\n"
    )
    maven.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def test_the_lock_file_pins_one_kafka() -> None:
    pinned = read_jars(LOCK)
    assert len({jar.file_name for jar in pinned}) == len(pinned)
    assert all(len(jar.sha256) == 64 for jar in pinned)
    kafka = [jar for jar in pinned if jar.group == "org.apache.kafka"]
    assert {jar.version for jar in kafka} == {KAFKA_VERSION}
    assert {"kafka_2.13", "kafka-clients", "kafka-tools"} <= {jar.artifact for jar in kafka}
    assert "log4j-slf4j-impl" in {jar.artifact for jar in pinned}


def test_a_line_is_coordinates_and_a_digest(lock: Path) -> None:
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert read_jars(lock) == [Jar("org.example", "thing", "1.2", digest)]


def test_maven_is_asked_where_it_is_there(lock: Path, tmp_path: Path) -> None:
    environment = maven_that_writes(tmp_path / "bin with space", CONTENT)
    folder = fetch_jars(lock, tmp_path / "fetched", environment)
    assert (folder / "thing-1.2.jar").read_bytes() == CONTENT


def test_a_jar_that_is_not_the_pinned_one_is_refused(lock: Path, tmp_path: Path) -> None:
    environment = maven_that_writes(tmp_path / "bin", b"another jar")
    with pytest.raises(FetchError, match=r"thing-1\.2\.jar has SHA-256"):
        fetch_jars(lock, tmp_path / "fetched", environment)


def test_every_way_that_failed_is_told(lock: Path, tmp_path: Path) -> None:
    environment = maven_that_writes(tmp_path / "bin", CONTENT, exit_code=1)
    with pytest.raises(FetchError, match="what mvn says; no network"):
        fetch_jars(lock, tmp_path / "fetched", environment)


@pytest.mark.parametrize(
    ("covers", "expected"),
    [
        ("central", "https://mirror.example/maven"),
        ("*", "https://mirror.example/maven"),
        ("external:*", "https://mirror.example/maven"),
        ("snapshots,central", "https://mirror.example/maven"),
        ("snapshots", None),
    ],
)
@pytest.mark.parametrize("namespace", ["", ' xmlns="http://maven.apache.org/SETTINGS/1.0.0"'])
def test_the_coversmavens_settings(
    namespace: str, covers: str, expected: str | None, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.xml"
    settings.write_text(
        f"<settings{namespace}><mirrors><mirror><id>company</id><mirrorOf>{covers}</mirrorOf>"
        "<url>https://mirror.example/maven</url></mirror></mirrors></settings>"
    )
    assert mirror_of(settings) == expected


def test_without_settings_there_is_no_mirror(tmp_path: Path) -> None:
    assert mirror_of(tmp_path / "settings.xml") is None
