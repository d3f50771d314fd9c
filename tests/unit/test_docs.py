"""The documentation says what the code does: options, settings, limits, links, examples."""

import importlib
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest

from paystack_cli.app import build_command
from paystack_cli.commands.context import Context
from paystack_cli.engines.local.programs.catalog import EXECUTABLES
from paystack_cli.errors import ExitCode
from paystack_cli.pipeline.model import stages_of
from paystack_cli.pipeline.script import parser
from paystack_cli.pipeline.stages import PIPELINE
from paystack_cli.stack.compose import load_stack
from paystack_cli.stack.known_settings import known_settings
from paystack_cli.stack.selection import expand
from paystack_cli.stack.settings import load_settings

PROJECT = Path(__file__).resolve().parents[2]
DOCS = PROJECT / "docs"
COMMANDS = sorted((DOCS / "commands").glob("*.md"))
PAGES = sorted([*PROJECT.glob("*.md"), *DOCS.rglob("*.md")])

SHARED = "Options of every command"
"""The section of commands.md whose options belong to all of them."""

SELECTION = "Choosing services"
"""The section there whose options belong to the commands that have `--only`."""

SETTING = re.compile(r"\b(?:PAYSTACK_[A-Z_]*[A-Z]|MARIADB_(?:ROOT_)?PASSWORD)\b")
CODE_SPAN = re.compile(r"`([^`]+)`")
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
SHELL_ENDS = {"|", "||", "&&", ";", ">", ">>", "<"}


def named(page: Path) -> str:
    return str(page.relative_to(PROJECT))


def section(page: Path, heading: str) -> str:
    """The text below a heading that begins so, up to the next heading of its level or above."""
    found = re.search(rf"^(#+) {re.escape(heading)}\b.*$", page.read_text("utf-8"), re.MULTILINE)
    assert found is not None, f"{named(page)} has no section {heading!r}"
    rest = found.string[found.end() :]
    following = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: following.start()] if following else rest


def rows(text: str) -> list[list[str]]:
    """The cells of every table row in the text, heads and rules left out."""
    tables = re.findall(r"^\|.*\|$(?:\n\|.*\|$)*", text, re.MULTILINE)
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for table in tables
        for line in table.splitlines()[2:]
    ]


def options_in(text: str) -> set[str]:
    """The options in the first column of the tables of a text."""
    return {
        span.split()[0]
        for row in rows(text)
        for span in CODE_SPAN.findall(row[0])
        if span[0] == "-"
    }


def leaf_commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from leaf_commands(child, f"{path} {name}")
    else:
        yield path, command


LEAVES = dict(leaf_commands(build_command(), "paystack"))


def options_of(command: click.Command) -> set[str]:
    taken = {"--help"}
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            taken |= {*parameter.opts, *parameter.secondary_opts}
    return taken


def commands_in(page: Path) -> list[str]:
    return re.findall(
        r"^## (paystack [a-z ]+?)(?: [\[A-Z].*)?$", page.read_text("utf-8"), re.MULTILINE
    )


def page_of(command: str) -> Path:
    return next(page for page in COMMANDS if command in commands_in(page))


@pytest.mark.parametrize("path", LEAVES)
def test_every_option_is_documented_and_every_documented_one_exists(path: str) -> None:
    own = options_in(section(page_of(path), path))
    documented = own | options_in(section(DOCS / "commands.md", SHARED))
    if "--only" in options_of(LEAVES[path]):
        documented |= options_in(section(DOCS / "commands.md", SELECTION))
    assert documented == options_of(LEAVES[path])


def test_every_command_is_documented_and_every_documented_one_exists() -> None:
    assert sorted(heading for page in COMMANDS for heading in commands_in(page)) == sorted(LEAVES)


def settings_of_the_code() -> set[str]:
    files = [
        PROJECT / ".env.example",
        PROJECT / "stack" / "compose.yaml",
        *(path for path in (PROJECT / "scripts").iterdir() if path.is_file()),
        *(PROJECT / "paystack_cli").rglob("*.py"),
        *(PROJECT / "stack" / "backend").rglob("src/**/*.py"),
    ]
    found = {name for path in files for name in SETTING.findall(path.read_text("utf-8"))}
    return found | {program.override for program in EXECUTABLES.values()}


def test_every_setting_is_documented() -> None:
    documented = set(SETTING.findall((DOCS / "operations.md").read_text("utf-8")))
    assert settings_of_the_code() - documented == set()


def test_every_setting_is_known_to_the_settings_file_and_to_config_show() -> None:
    not_for_setting = {"PAYSTACK_VOLUMES", "PAYSTACK_STATE", "PAYSTACK_API"}
    known = known_settings(PROJECT / "stack" / "compose.yaml")
    assert settings_of_the_code() - not_for_setting - known.keys() == set()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_setting_is_documented_that_does_not_exist(page: Path) -> None:
    assert set(SETTING.findall(page.read_text("utf-8"))) - settings_of_the_code() == set()


@pytest.mark.parametrize("page", ["operations.md", "ko/operations.md"])
def test_documented_defaults_are_those_of_the_stack(page: str) -> None:
    compose = (PROJECT / "stack" / "compose.yaml").read_text("utf-8")
    defaults = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", compose))
    table = {row[0].strip("`"): row[1] for row in rows((DOCS / page).read_text("utf-8"))}
    documented = {name: table[name] for name in defaults if name != "PAYSTACK_VOLUMES"}
    assert documented == {name: defaults[name] for name in documented}


def test_every_variable_that_a_service_reads_is_documented() -> None:
    reader = re.compile(r"""environment\.(?:text|number|address)\(\s*["']([A-Z_]+)""")
    sources = (PROJECT / "stack" / "backend").rglob("src/**/*.py")
    read = {name for path in sources for name in reader.findall(path.read_text("utf-8"))}
    assert read, "the pattern finds no reader any more"
    assert read - set(CODE_SPAN.findall((DOCS / "services.md").read_text("utf-8"))) == set()


def test_every_exit_code_is_documented() -> None:
    table = rows(section(PROJECT / "README.md", "Exit codes"))
    assert [int(code) for code, _ in table] == sorted(ExitCode)


def test_the_stages_of_the_pipeline_are_those_that_run() -> None:
    checkout, *table = rows(section(DOCS / "pipeline.md", "The stages"))
    assert checkout[0] == "Checkout"
    assert [(name, command.strip("`"), int(minutes)) for name, command, minutes, _ in table] == [
        (stage.name, stage.command, stage.limit_min) for stage in stages_of(*PIPELINE)
    ]


def test_the_options_of_the_pipeline_are_documented() -> None:
    given = {option for action in parser()._actions for option in action.option_strings}
    told = options_in(section(DOCS / "pipeline.md", "Without Jenkins"))
    assert told == given - {"-h", "--help", "--began"}


def test_every_json_document_is_documented() -> None:
    documented = {
        (document.strip("`"), LINK.findall(link)[0])
        for _, document, link in rows(section(DOCS / "json.md", "Versions"))
    }
    assert documented == {
        (
            json.loads(path.read_text("utf-8"))["properties"]["schema"]["const"],
            f"schemas/{path.name}",
        )
        for path in (DOCS / "schemas").glob("*.json")
    }


def test_the_events_are_those_of_the_catalog() -> None:
    catalog = json.loads((PROJECT / "stack" / "schemas" / "catalog.json").read_text("utf-8"))
    table = rows(section(DOCS / "events.md", "The catalog"))
    documented = {row[0].strip("`"): row[1].strip("`") for row in table}
    assert documented == {
        **{name: event["topic"] for name, event in catalog["events"].items()},
        **{name: entry["deadLetterTopic"] for name, entry in catalog["consumers"].items()},
    }


@pytest.mark.parametrize(
    ("constant", "value"),
    [(row[0].strip("`"), row[1]) for row in rows(section(DOCS / "services.md", "Limits"))],
)
def test_documented_limits_are_those_of_the_code(constant: str, value: str) -> None:
    module, _, name = constant.rpartition(".")
    assert getattr(importlib.import_module(module), name) == float(
        value.split()[0].replace(",", "")
    )


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text("utf-8")):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        found = (page.parent / target).resolve() if target else page
        assert found.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(found), f"{link} has no such heading"


class Example(NamedTuple):
    """A `paystack` command line in a page."""

    page: Path
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{named(self.page)}: {shlex.join(self.words)}"


def examples(page: Path) -> Iterator[Example]:
    """Command lines in fenced blocks and in running text."""
    text = page.read_text("utf-8")
    for block in FENCE.findall(text):
        for line in block.splitlines():
            yield from _example(page, line.removeprefix("$ "))
    for span in CODE_SPAN.findall(FENCE.sub("", text)):
        yield from _example(page, span)


def _example(page: Path, line: str) -> Iterator[Example]:
    if not re.match(r"(?:\w+=\S+ +)*(?:\.venv/bin/)?paystack [a-z-]", line):
        return
    words = shlex.split(line, comments=True)
    begin = next(number for number, word in enumerate(words) if "=" not in word) + 1
    end = next((number for number, word in enumerate(words) if word in SHELL_ENDS), len(words))
    yield Example(page, tuple(words[begin:end]))


EXAMPLES = dict.fromkeys(example for page in PAGES for example in examples(page))


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_every_example_can_be_typed(example: Example) -> None:
    command = build_command()
    given: dict[str, Any] = {}
    for _, leaf in leaf_commands(command, "paystack"):
        leaf.callback = given.update
    words = list(example.words)
    command.main(words, prog_name="paystack", standalone_mode=False, obj=Context())
    secrets = {"MARIADB_PASSWORD": "p", "MARIADB_ROOT_PASSWORD": "r"}
    stack = load_stack(load_settings(project_dir=PROJECT, environment=secrets))
    for parameter in ("services", "only", "group", "exclude"):
        # A word in capitals is a placeholder.
        expand(stack, (name for name in given.get(parameter) or () if not name.isupper()))
