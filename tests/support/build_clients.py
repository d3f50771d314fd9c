"""What docker's own clients send for a build: the truth against which contexts are measured.

BuildKit is asked on a real engine, many builds in one `docker buildx bake`; of the classic builder
the client sends the tar, so that a socket which takes it and answers "done" hears all there is.
"""

import io
import json
import os
import re
import subprocess
import tarfile
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from urllib.parse import parse_qs, urlsplit

BAKE_TIMEOUT_S = 600
BAKES_MAX = 3
BUILD_TIMEOUT_S = 60
CLIENTS = 2
"""Clients of the classic builder that run at a time."""

_DOCUMENT = re.compile(r"^\{$.*?^\}$", re.DOTALL | re.MULTILINE)
_LOADS_CONTEXT = re.compile(r"\[(?:(?P<target>\S+) )?internal\] load build context")
"""The target is named where there are several."""


@dataclass(frozen=True)
class Received:
    """`paths` None where only bytes were asked for; `refusal` what a client said instead."""

    paths: tuple[str, ...] | None = None
    bytes: int | None = None
    refusal: str | None = None


@dataclass(frozen=True)
class Build:
    """A context with its Dockerfile; `lists`: it copies all, so that the image shows the paths."""

    root: Path
    lists: bool = True
    dockerfile: Path | None = None
    args: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.dockerfile or self.root / "Dockerfile"


def sent_to_buildkit(builds: Mapping[str, Build], scratch: Path) -> dict[str, Received]:
    """What the engine's BuildKit received of each build; one that is refused stands alone."""
    targets = {
        name: {
            "context": str(build.root),
            "dockerfile": str(build.file),
            "args": dict(build.args),
            "output": [_output(scratch / name) if build.lists else "type=cacheonly"],
        }
        for name, build in builds.items()
    }
    bake = scratch / f"{'-'.join([*builds][:1])}.json"
    bake.write_text(json.dumps({"group": {"default": {"targets": [*targets]}}, "target": targets}))
    done = _baked(bake)
    if done.returncode != 0 and len(builds) == 1:
        return dict.fromkeys(builds, Received(refusal=done.stderr))
    if done.returncode != 0:  # one failure ends all of them
        alone = (sent_to_buildkit({name: build}, scratch) for name, build in builds.items())
        return {name: received for found in alone for name, received in found.items()}
    sizes = _transferred(done.stderr, alone=next(iter(builds)))
    return {
        name: Received(_below(scratch / name) if build.lists else None, sizes.get(name, 0))
        for name, build in builds.items()
    }


def _baked(bake: Path) -> subprocess.CompletedProcess[str]:
    """Now and then an engine loses the reason of a refusal; it is asked again then."""
    for _ in range(BAKES_MAX):
        done = subprocess.run(
            ["docker", "buildx", "bake", "--file", str(bake), "--progress=rawjson"],
            capture_output=True,
            text=True,
            timeout=BAKE_TIMEOUT_S,
        )
        if "failed to solve: context canceled" not in done.stderr:
            break
    return done


def _output(folder: Path) -> str:
    return f"type=local,dest={folder}"


def _below(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(str(path.relative_to(folder)) for path in folder.rglob("*")))


def _transferred(progress: str, alone: str) -> dict[str, int]:
    """Bytes of the build context by target, as the engine itself reports them."""
    targets: dict[str, str] = {}
    sizes: dict[str, int] = {}
    for document in _DOCUMENT.findall(progress):  # warnings stand between them
        told = json.loads(document)
        for vertex in told.get("vertexes") or ():
            if named := _LOADS_CONTEXT.fullmatch(vertex["name"]):
                targets[vertex["digest"]] = named["target"] or alone
        for status in told.get("statuses") or ():
            if status["id"] == "transferring context:":
                sizes[status["vertex"]] = status["current"]
    return {target: sizes[vertex] for vertex, target in targets.items() if vertex in sizes}


def sent_to_classic(builds: Mapping[str, Build], scratch: Path) -> dict[str, Received]:
    """What docker's client sends to the classic builder for each build."""
    with (
        _deaf_engine(scratch / "classic.sock") as (address, heard),
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        jobs = {
            name: pool.submit(_build_classic, address, name, build)
            for name, build in builds.items()
        }
        refused = {name: job.result() for name, job in jobs.items()}
    return {name: Received(refusal=told) if told else heard[name] for name, told in refused.items()}


def _build_classic(address: str, name: str, build: Build) -> str | None:
    command = ["docker", "build", "--quiet", "--tag", name, "--file", str(build.file)]
    done = subprocess.run(
        [*command, str(build.root)],
        env={**os.environ, "DOCKER_HOST": address, "DOCKER_BUILDKIT": "0"},
        capture_output=True,
        text=True,
        timeout=BUILD_TIMEOUT_S,
    )
    return done.stderr if done.returncode else None


@contextmanager
def _deaf_engine(socket: Path) -> Iterator[tuple[str, dict[str, Received]]]:
    """An engine that takes build contexts, by tag, and builds nothing."""
    heard: dict[str, Received] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(b"")

        do_GET = do_HEAD  # noqa: N815

        def do_POST(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            body = b"".join(self._chunks())
            with tarfile.open(fileobj=io.BytesIO(body), errors="surrogateescape") as archive:
                names = tuple(sorted(archive.getnames()))
            heard[query["t"][0].removesuffix(":latest")] = Received(names, len(body))
            self._answer(b'{"stream":"done"}\n')

        def _chunks(self) -> Iterator[bytes]:
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Api-Version", "1.41")
            self.send_header("Ostype", "linux")
            self.send_header("Content-Length", str(len(body)))
            with suppress(BrokenPipeError):  # a client that refuses the context is gone already
                self.end_headers()
                self.wfile.write(body)

        def address_string(self) -> str:
            return "client"

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    class Server(ThreadingMixIn, UnixStreamServer):
        daemon_threads = True

    with Server(str(socket), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"unix://{socket}", heard
        server.shutdown()
        thread.join()
    socket.unlink()
