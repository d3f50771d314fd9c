"""Fetches the jars of a Java program by their Maven coordinates, each checked by its SHA-256."""

import hashlib
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from paystack_cli.engines.local.programs.model import FetchError
from paystack_cli.engines.local.programs.tool import run_tool

PARALLEL_DOWNLOADS = 8
HTTP_TIMEOUT_S = 30
CHUNK_BYTES = 1 << 16
MAVEN_TIMEOUT_S = 300

CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
"""The machine's own certificates, which know of a company's proxy; requests would not look here."""

CA_VARIABLES = {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
"""What requests itself obeys."""

MAVEN_SETTINGS = Path(".m2/settings.xml")
"""Under the user's home."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One jar of a lock file."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """As Maven names it."""
        return f"{self.artifact}-{self.version}.jar"


def read_jars(lock: Path) -> list[Jar]:
    """The jars that a lock file pins, one `group:artifact:version sha256:HEX` a line."""
    jars = []
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            coordinates, digest = line.split()
            group, artifact, version = coordinates.split(":")
            jars.append(Jar(group, artifact, version, digest.removeprefix("sha256:")))
    return jars


def fetch_jars(lock: Path, folder: Path, environment: Mapping[str, str]) -> Path:
    """Fetch all jars of the lock file into `folder`; returns it.

    Maven is asked first where the machine has it, because it knows mirrors, proxies and passwords.
    Raises FetchError when no way leads to every jar, or when a jar is not the pinned one.
    """
    jars = read_jars(lock)
    ways: list[Callable[[], None]] = [lambda: _download(jars, folder, environment)]
    maven = shutil.which("mvn", path=environment.get("PATH"))
    if maven:
        ways.insert(0, lambda: _run_maven(maven, jars, folder))
    problems = []
    for way in ways:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            way()
            for jar in jars:
                _verify(jar, folder)
        except FetchError as error:
            problems.append(str(error))
        else:
            return folder
    raise FetchError("; ".join(problems))


def _verify(jar: Jar, folder: Path) -> None:
    with (folder / jar.file_name).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != jar.sha256:
        raise FetchError(f"{jar.file_name} has SHA-256 {digest}, pinned is {jar.sha256}")


def _run_maven(maven: str, jars: list[Jar], folder: Path) -> None:
    """Let Maven copy the jars; its own cache stays in a folder that is thrown away."""
    project = folder.with_name(f"{folder.name}-maven")
    project.mkdir()
    (project / "pom.xml").write_text(_pom(jars), encoding="utf-8")
    command = [maven, "--batch-mode", "--quiet", f"--file={project / 'pom.xml'}"]
    command += [f"-Dmaven.repo.local={project / 'repository'}", f"-DoutputDirectory={folder}"]
    command += ["dependency:copy-dependencies"]
    run_tool(command, folder=project, timeout_s=MAVEN_TIMEOUT_S)


def _pom(jars: list[Jar]) -> str:
    """A project that depends on exactly these jars: the lock file holds all, Maven adds none."""
    dependencies = "".join(
        f"<dependency><groupId>{jar.group}</groupId><artifactId>{jar.artifact}</artifactId>"
        f"<version>{jar.version}</version><exclusions><exclusion><groupId>*</groupId>"
        "<artifactId>*</artifactId></exclusion></exclusions></dependency>"
        for jar in jars
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>paystack</groupId><artifactId>jars</artifactId><version>1</version>"
        f"<dependencies>{dependencies}</dependencies></project>"
    )


def _download(jars: list[Jar], folder: Path, environment: Mapping[str, str]) -> None:
    """Fetch the jars straight from the repository that Maven's settings, or else Maven, prefer."""
    from maven_artifact import Artifact, Downloader

    mirror = mirror_of(Path(environment.get("HOME", "/")) / MAVEN_SETTINGS)
    source = Downloader(base=mirror) if mirror else Downloader()
    chosen = CA_VARIABLES & environment.keys()
    verify = str(CA_BUNDLE) if CA_BUNDLE.is_file() and not chosen else True

    def download(jar: Jar) -> None:
        artifact = Artifact(jar.group, jar.artifact, jar.version)
        address = source.resolver.uri_for_artifact(artifact)
        with (
            source.requestor.request(
                address, None, stream=True, timeout=HTTP_TIMEOUT_S, verify=verify
            ) as response,
            (folder / jar.file_name).open("wb") as file,
        ):
            file.writelines(response.iter_content(CHUNK_BYTES))

    with ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool:
        try:
            list(pool.map(download, jars))
        except OSError as error:  # of requests and of files alike
            pool.shutdown(cancel_futures=True)
            raise FetchError(f"cannot download: {error}") from error


def mirror_of(settings: Path) -> str | None:
    """The mirror that Maven's settings set for the central repository."""
    if not settings.is_file():
        return None
    try:
        document = ElementTree.parse(settings)  # noqa: S314  the user's own file
    except ElementTree.ParseError as error:
        raise FetchError(f"cannot read {settings}: {error}") from error
    for mirror in document.iterfind(".//{*}mirror"):
        covers = mirror.findtext("{*}mirrorOf", "").split(",")
        if {"*", "external:*", "central"} & set(covers):
            return mirror.findtext("{*}url")
    return None
