"""What every image keeps: one pattern, artefacts alone, no root, nothing of how it was made."""

import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from paystack_cli.context import Builder, open_build
from tests.support.stack import COMPOSE_FILE

STACK = COMPOSE_FILE.parent
BACKEND = STACK / "backend"
SERVICES = sorted(path.parent.name for path in BACKEND.glob("*/Dockerfile"))
DOCKERFILES = [
    *(BACKEND / name / "Dockerfile" for name in SERVICES),
    STACK / "gateway" / "Dockerfile",
    STACK / "jenkins" / "Dockerfile",
]
LINE = re.compile(r"^# -+$", re.MULTILINE)
DEFAULT = re.compile(r"\$\{\w+:-(.*)\}")
PINNED = re.compile(r"[a-z0-9./-]+:\d+\.\d+\.\d+[\w.-]*")
PINNED_PLUGIN = re.compile(r"[a-z0-9-]+:\d[\w.-]*")


def services() -> dict[str, dict[str, Any]]:
    document = yaml.safe_load(COMPOSE_FILE.read_text("utf-8"))
    found: dict[str, dict[str, Any]] = document["services"]
    return found


def instructions(dockerfile: Path) -> dict[str, list[str]]:
    """The arguments of each kind of instruction, continued lines joined."""
    found: dict[str, list[str]] = {}
    text = re.sub(r"^#.*\n", "", dockerfile.read_text("utf-8"), flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            found.setdefault(word, []).append(" ".join(rest.split()))
    return found


def labels(dockerfile: Path) -> dict[str, str]:
    return dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', dockerfile.read_text()))


def named(path: Path) -> str:
    return path.parent.name


def test_every_service_of_ours_has_an_image() -> None:
    packages = {path.parent.name for path in BACKEND.glob("*/pyproject.toml")} - {"common"}
    assert set(SERVICES) == packages
    for name in SERVICES:
        build = services()[name]["build"]
        assert (build["context"], build["dockerfile"]) == ("backend", f"{name}/Dockerfile")


def test_no_two_dockerfiles_of_a_context_have_one_size() -> None:
    """BuildKit of Docker 20.10 takes two of one size and one time for the same file."""
    sizes = [(BACKEND / name / "Dockerfile").stat().st_size for name in SERVICES]
    assert len(set(sizes)) == len(sizes)


def test_all_services_begin_the_same_and_so_share_their_layers() -> None:
    beginnings = {LINE.split(path.read_text("utf-8"))[0] for path in DOCKERFILES[: len(SERVICES)]}
    assert len(beginnings) == 1
    assert "--require-hashes" in beginnings.pop()


@pytest.mark.parametrize("name", SERVICES)
def test_a_services_own_part_is_its_own_wheel_and_its_start(name: str) -> None:
    own = instructions(BACKEND / name / "Dockerfile")
    module = name.replace("-", "_")
    assert f"WHEELS={name}/build" in own["ARG"]
    assert own["COPY"] == ["common/build ${WHEELS} /"]
    assert own["CMD"] == [f'["python", "-m", "{module}"]']
    assert services()[name]["command"] == ["python", "-m", module]


@pytest.mark.parametrize("name", SERVICES)
def test_labels_say_what_the_package_says(name: str) -> None:
    package = tomllib.loads((BACKEND / name / "pyproject.toml").read_text("utf-8"))["project"]
    assert labels(BACKEND / name / "Dockerfile") == {
        "title": name,
        "description": package["description"],
        "version": package["version"],
        "licenses": package["license"],
    }


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=named)
class TestEveryImage:
    def test_is_described(self, dockerfile: Path) -> None:
        assert labels(dockerfile)["title"] == named(dockerfile)
        assert labels(dockerfile).keys() == {"title", "description", "version", "licenses"}

    def test_ends_as_an_account_that_compose_names_too(self, dockerfile: Path) -> None:
        user = instructions(dockerfile)["USER"][-1]
        assert user == services()[named(dockerfile)]["user"]
        assert int(user.partition(":")[0]) > 0

    def test_says_which_signal_ends_it(self, dockerfile: Path) -> None:
        assert len(instructions(dockerfile)["STOPSIGNAL"]) == 1

    def test_copies_artefacts_whose_path_is_an_argument(self, dockerfile: Path) -> None:
        found = instructions(dockerfile)
        assert "ADD" not in found
        assert all(re.search(r"\$\{[A-Z]+\}", copied) for copied in found["COPY"])

    def test_needs_no_frontend_from_a_registry(self, dockerfile: Path) -> None:
        assert "syntax=" not in dockerfile.read_text("utf-8")

    def test_has_the_base_that_compose_gives_it_by_default(self, dockerfile: Path) -> None:
        arguments = services()[named(dockerfile)]["build"]["args"]
        ((name, value),) = arguments.items()
        default = DEFAULT.fullmatch(value)
        assert default is not None
        assert instructions(dockerfile)["ARG"][0] == f"{name}={default[1]}"
        assert instructions(dockerfile)["FROM"][0].split()[0] == f"${{{name}}}"


@pytest.mark.parametrize(
    ("context", "rules"),
    [
        ("backend", ["*/*", "!build/**", "!*/build"]),
        ("gateway", ["*", "!templates"]),
        ("jenkins", ["*", "!plugins.txt", "!casc.yaml"]),
    ],
)
def test_only_artefacts_are_let_through(context: str, rules: list[str]) -> None:
    lines = (STACK / context / ".dockerignore").read_text("utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == rules


def test_both_builders_are_sent_the_same_of_the_services(tmp_path: Path) -> None:
    shutil.copy(BACKEND / ".dockerignore", tmp_path)
    let_through = {"build/a.whl", "common/build/b.whl", "app/build/c.whl"}
    for path in (*let_through, "app/src/main.py", "app/tests/build/x", "app/pyproject.toml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("content")
    for builder in Builder:
        sent = open_build(tmp_path, builder=builder).sent().paths
        files = {path for path in sent if (tmp_path / path).is_file()}
        assert files - {".dockerignore"} == let_through


def test_images_of_others_are_settings_with_a_pinned_default() -> None:
    bases = [
        services()[name]["build"]["args"].values()
        for name in services()
        if "build" in services()[name]
    ]
    pulled = [entry["image"] for entry in services().values() if "build" not in entry]
    for text in {*pulled, *(value for values in bases for value in values)}:
        default = DEFAULT.fullmatch(text)
        assert default is not None, text
        assert text.startswith("${PAYSTACK_")
        assert PINNED.fullmatch(default[1]), text


def test_jenkins_plugins_are_pinned() -> None:
    lines = (STACK / "jenkins" / "plugins.txt").read_text("utf-8").splitlines()
    plugins = [line for line in lines if not line.startswith("#")]
    assert plugins == sorted(plugins)
    assert all(map(PINNED_PLUGIN.fullmatch, plugins))


def test_jenkins_gets_every_variable_of_its_configuration() -> None:
    text = (STACK / "jenkins" / "casc.yaml").read_text("utf-8")
    used = set(re.findall(r"\$\{(\w+)\}", re.sub(r"^#.*$", "", text, flags=re.MULTILINE)))
    assert used <= services()["jenkins"]["environment"].keys()
    (job,) = yaml.safe_load(text)["jobs"]
    assert "scriptPath('Jenkinsfile')" in job["script"]
