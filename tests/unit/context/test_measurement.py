"""One pass over a context, what is judged and advised from it, and trees that do harm."""

import os
import shutil
import socket
import stat
from pathlib import Path

import pytest

from paystack_cli.context import (
    Amount,
    Builder,
    ContextRefused,
    NotMeasurable,
    measure,
    open_build,
)
from paystack_cli.context.audit import Fault, audit
from paystack_cli.context.explain import explain
from paystack_cli.context.ignore_file import read_ignore_file
from paystack_cli.context.secrets import is_secret_like
from paystack_cli.context.suggestions import suggest, write_lines


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small web project whose ignore file has one of each fault."""
    sizes = {
        "src/a.py": 10,
        "src/.env": 5,
        "dist/app.js": 100,
        "node_modules/x/i.js": 1000,
        "packages/app/node_modules/y/i.js": 500,
        ".git/pack": 300,
    }
    for path, size in sizes.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"x" * size)
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY src dist /app/\n")
    (tmp_path / ".dockerignore").write_text(
        "node_modules\n*.none\ndist\n!dist\nnode_modules/**\npackages\n!**/i.js\n"
    )
    return tmp_path


def test_a_measurement_books_every_byte_to_a_rule_or_keeps_it(tree: Path) -> None:
    (tree / ".dockerignore").write_text("node_modules\n.git\n")
    rules = read_ignore_file(tree / ".dockerignore")
    found = measure(tree, rules)
    everything = measure(tree)
    assert found.before == everything.after
    assert found.saved == (Amount(1, 1000), Amount(1, 300))
    assert found.after.bytes == found.before.bytes - 1300
    assert found.largest[0] == (500, "packages/app/node_modules/y/i.js")
    assert found.secrets == ("src/.env",)
    assert sum(found.folders.values()) == found.after.bytes


def test_a_measurement_agrees_with_the_exact_lists(tree: Path) -> None:
    (tree / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    found = measure(tree, read_ignore_file(tree / ".dockerignore"))
    assert found.wire_bytes == open_build(tree).sent().bytes
    assert found.rerun_bytes == open_build(tree).sent().rerun_bytes
    assert found.tar_bytes == open_build(tree, builder=Builder.CLASSIC).sent().bytes


def test_each_fault_of_a_rule_is_found(tree: Path) -> None:
    audited = audit(tree, read_ignore_file(tree / ".dockerignore"))
    faults = {rule.rule.text: {found.fault for found in rule.findings} for rule in audited}
    assert faults == {
        "node_modules": set(),
        "*.none": {Fault.DEAD},
        "dist": {Fault.CONTRADICTORY},
        "!dist": set(),
        "node_modules/**": {Fault.SHADOWED},
        "packages": set(),
        "!**/i.js": {Fault.ONE_BUILDER},
    }


def test_a_rule_that_misses_nested_folders_is_told_with_what_the_fix_saves(tree: Path) -> None:
    (tree / ".dockerignore").write_text("node_modules\n")
    (audited,) = audit(tree, read_ignore_file(tree / ".dockerignore"))
    (finding,) = audited.findings
    assert (finding.fault, finding.saves) == (Fault.NOT_NESTED, Amount(1, 500))


def test_suggestions_save_and_never_drop_what_the_dockerfile_names(tree: Path) -> None:
    (tree / ".dockerignore").write_text("node_modules")
    build = open_build(tree)
    found = suggest(build)
    assert {one.line: one.saves for one in found} == {
        "**/.git": Amount(1, 300),
        "**/node_modules": Amount(1, 500),
    }
    write_lines(build, found)
    assert (tree / ".dockerignore").read_text().splitlines() == [
        "node_modules",
        *(one.line for one in found),
    ]
    assert open_build(tree).sent().paths == build.sent().paths
    assert suggest(open_build(tree)) == []


def test_explanations_name_the_line_and_the_builder(tree: Path) -> None:
    nested = explain(tree, "packages/app/node_modules/y/i.js")
    assert {one.builder: one.is_sent for one in nested} == {
        Builder.BUILDKIT: False,  # the Dockerfile takes src and dist only
        Builder.CLASSIC: False,
    }
    assert "takes only /dist, /src" in nested[0].reason
    assert nested[1].rule is not None
    assert nested[1].rule.line == 6
    assert all(one.is_sent for one in explain(tree, "dist/app.js"))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".env", True),
        ("a/.env.production", True),
        (".env.example", False),
        ("deploy/id_ed25519", True),
        ("id_ed25519.pub", False),
        ("tls/server.key", True),
        ("certs/ca.pem", False),
        ("home/.aws/config", True),
        ("backup-2026.sql.gz", True),
        ("migrations/0001_create.sql", False),
        ("src/tokens.py", False),
    ],
)
def test_what_looks_like_a_secret(path: str, expected: bool) -> None:
    assert is_secret_like(path) is expected


def test_links_in_circles_names_that_are_no_utf8_and_sockets(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "up").symlink_to("..")
    (tmp_path / "self").symlink_to("self")
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe"))).write_bytes(b"x")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        buildkit = open_build(tmp_path).sent()
        classic = open_build(tmp_path, builder=Builder.CLASSIC).sent()
    assert set(buildkit.paths) == {"a", "a/up", "self", "\udcff\udcfe", "s"}
    assert set(classic.paths) == set(buildkit.paths) - {"s"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_cannot_be_read_is_refused_unless_it_is_excluded(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    try:
        with pytest.raises(ContextRefused, match="no permission to read"):
            open_build(tmp_path).sent()
        (tmp_path / ".dockerignore").write_text("closed\n")
        assert "closed" not in open_build(tmp_path).sent().paths
        assert measure(tmp_path, open_build(tmp_path).rules).unread == 1
    finally:
        closed.chmod(stat.S_IRWXU)


def test_files_that_vanish_during_the_walk_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"x")
    read = os.listdir

    def read_too_late(place: str) -> object:
        if place == str(tmp_path / "b"):
            shutil.rmtree(place)
        return read(place)

    monkeypatch.setattr(os, "listdir", read_too_late)
    assert measure(tmp_path).after == Amount(1, 1)


def test_a_large_ignore_file_takes_bounded_time(tmp_path: Path) -> None:
    lines = "".join(f"some/folder-{number}/*.log\n" for number in range(40_000))
    (tmp_path / ".dockerignore").write_text(lines)
    (tmp_path / "keep.txt").write_text("x")
    assert open_build(tmp_path).sent().paths == (".dockerignore", "keep.txt")


@pytest.mark.parametrize("context", ["-", "https://host/a.git", "git@host:a.git", "none-such"])
def test_a_context_that_is_no_folder_here_is_refused(context: str) -> None:
    with pytest.raises(NotMeasurable):
        open_build(context)
