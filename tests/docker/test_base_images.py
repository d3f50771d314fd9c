"""The stand-in base images: nothing of the building machine in them, and official manners."""

import json
import re
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from paystack_cli.closed_network.apt_secret import CA_BUNDLE
from paystack_cli.closed_network.base_images import RECIPES
from paystack_cli.closed_network.debian import RELEASE, find_mirror
from paystack_cli.closed_network.images import BASE_IMAGES, name_images
from paystack_cli.stack.dotenv import read_dotenv
from paystack_cli.stack.settings import BASE_IMAGES_FILE
from tests.support.docker import docker
from tests.support.stack import PROJECT
from tests.support.waiting import wait_for

BUILD_TIMEOUT_S = 600
UNCHANGED_BUILD_MAX_S = 5
READY_TIMEOUT_S = 60
CHUNK_BYTES = 1 << 24

MARIADB = {"MARIADB_ROOT_PASSWORD": "it's a \\ secret"}
ACCOUNT = {"MARIADB_DATABASE": "pay_db", "MARIADB_USER": "payuser", "MARIADB_PASSWORD": "o'pay"}
KAFKA = {
    "CLUSTER_ID": "cGF5c3RhY2stdGVzdGluZw",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_NODE_ID": "1",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@127.0.0.1:9093",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_LISTENERS": "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
}
HEALTHY = ("healthcheck.sh", "--connect", "--innodb_initialized")


@pytest.fixture(scope="module")
def images() -> Mapping[str, str]:
    """The full name of each stand-in, built when it is not there."""
    build()
    names = name_images(PROJECT / RECIPES, PROJECT / "requirements")
    return {image.name: names[image.name] for image in BASE_IMAGES}


def build() -> None:
    subprocess.run(
        ["bash", PROJECT / "scripts" / "base-images"], check=True, timeout=BUILD_TIMEOUT_S
    )


class Container:
    """A container without a network, as strict as compose.yaml has them."""

    def __init__(self, image: str, *command: str, user: str = "", **environment: str) -> None:
        self.name = f"test-base-{uuid.uuid4().hex[:8]}"
        self.volume = f"{self.name}-data"
        self._image = image
        self._command = command
        self._user = ("--user", user) if user else ()
        self._environment = environment

    def start(self, data: str) -> None:
        """Start it with its volume at the folder `data`."""
        options = ["--network=none", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
        options += [f"--volume={self.volume}:{data}", *self._user]
        options += [f"--env={name}={value}" for name, value in self._environment.items()]
        docker("run", "--detach", "--name", self.name, *options, self._image, *self._command)

    def answers(self, *command: str) -> bool:
        if not self.state("Running"):
            raise RuntimeError(f"it has ended: {self.logs()}")
        done = subprocess.run(["docker", "exec", self.name, *command], capture_output=True)
        return done.returncode == 0

    def wait_for(self, *command: str) -> None:
        wait_for(lambda: self.answers(*command), f"{command} in {self.name}", READY_TIMEOUT_S)

    def logs(self) -> str:
        """What it has said, on both of its streams."""
        return subprocess.getoutput(f"docker logs {self.name}")

    def state(self, key: str) -> object:
        found: dict[str, object] = json.loads(docker("inspect", self.name))[0]["State"]
        return found[key]

    def restart(self) -> None:
        docker("stop", self.name)
        docker("start", self.name)


@pytest.fixture
def containers() -> Iterator[list[Container]]:
    """Whatever a test puts here is gone afterwards."""
    started: list[Container] = []
    yield started
    for container in started:
        docker("rm", "--force", container.name)
        docker("volume", "rm", "--force", container.volume)


def refusal(image: str, **environment: str) -> str:
    """What a container says that ends at once with an error."""
    options = [f"--env={name}={value}" for name, value in environment.items()]
    command = ["docker", "run", "--rm", "--network=none", *options, image]
    done = subprocess.run(command, capture_output=True, text=True, timeout=READY_TIMEOUT_S)
    assert done.returncode == 1, done
    return done.stderr


def test_an_unchanged_set_is_not_built_again(images: Mapping[str, str]) -> None:
    before = docker("images", "--quiet", *["--filter=reference=paystack-base/*"])
    started = time.monotonic()
    build()
    assert time.monotonic() - started < UNCHANGED_BUILD_MAX_S
    assert docker("images", "--quiet", *["--filter=reference=paystack-base/*"]) == before


def test_the_file_selects_every_image(images: Mapping[str, str]) -> None:
    selected = read_dotenv(PROJECT / BASE_IMAGES_FILE, {})
    assert selected == {image.setting: images[image.name] for image in BASE_IMAGES if image.setting}


def own_certificates(images: Mapping[str, str]) -> set[bytes]:
    """The last full line of every certificate of this machine that Debian does not ship."""
    shipped = docker(
        *("run", "--rm", "--network=none", "--entrypoint=sh", images["curl"]),
        *("-c", "cat /usr/share/ca-certificates/*/*.crt"),
    )
    blocks = re.findall(r"-+BEGIN CERTIFICATE-+\n(.*?)-+END", CA_BUNDLE.read_text(), re.DOTALL)
    return {block.split()[-2].encode() for block in blocks if block not in shipped}


def mirror_traces() -> set[bytes]:
    """How apt's sources and package lists name the mirror; Debian's own files name its host."""
    mirror = find_mirror()
    address = urlsplit(mirror)
    listed = f"{address.hostname}{address.path}".replace("/", "_")
    sources = {f"{mirror} {RELEASE}", f"URIs: {mirror}"}
    return {trace.encode() for trace in {*sources, f"{listed}_dists"}}


def found_in_layers(images: Mapping[str, str], traces: set[bytes]) -> set[bytes]:
    """Which of the traces some layer of some image holds, in whatever file or file name."""
    found: set[bytes] = set()
    overlap = max(map(len, traces))
    with subprocess.Popen(["docker", "save", *images.values()], stdout=subprocess.PIPE) as save:
        assert save.stdout is not None
        rest = b""
        while chunk := save.stdout.read(CHUNK_BYTES):
            window = rest + chunk
            found |= {trace for trace in traces - found if trace in window}
            rest = window[-overlap:]
    assert save.returncode == 0
    return found


def test_no_layer_tells_of_the_building_machine(images: Mapping[str, str]) -> None:
    files = {b"apt.tar.gz", b"debian.sources", b"_InRelease"}
    certificates = own_certificates(images) if CA_BUNDLE.is_file() else set()
    assert found_in_layers(images, {*files, *certificates, *mirror_traces()}) == set()


def test_no_instruction_tells_of_the_building_machine(images: Mapping[str, str]) -> None:
    for image in images.values():
        history = docker("history", "--no-trunc", "--format={{.CreatedBy}}", image)
        settings = docker("inspect", "--format={{json .Config}}", image)
        assert str(urlsplit(find_mirror()).hostname) not in history + settings
        assert not re.search(r"PROXY|PIP_|SSL_|CERT", settings), image


def test_every_image_says_what_it_is(images: Mapping[str, str]) -> None:
    for name, image in images.items():
        labels = json.loads(docker("inspect", "--format={{json .Config.Labels}}", image))
        assert labels["org.opencontainers.image.title"].startswith("paystack "), name
        assert "no official image" in labels["org.opencontainers.image.description"]


@pytest.mark.parametrize(
    ("name", "user"), [("curl", "100"), ("nginx", "101"), ("kafka", "1000"), ("jenkins", "1000")]
)
def test_the_user_is_the_official_images(images: Mapping[str, str], name: str, user: str) -> None:
    run = ("run", "--rm", "--network=none", "--entrypoint=id", images[name])
    assert docker(*run, "-u") == user


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--version",), "curl 7"),
        (("sh", "-c", "echo shell"), "shell"),
        (("file:///etc/issue",), "D"),
    ],
)
def test_curl_takes_options_programs_and_addresses(
    images: Mapping[str, str], arguments: tuple[str, ...], says: str
) -> None:
    assert docker("run", "--rm", "--network=none", images["curl"], *arguments).startswith(says)


def test_python_makes_environments_and_has_curl(images: Mapping[str, str]) -> None:
    script = "python -m venv /tmp/new && /tmp/new/bin/pip --version && curl --version"
    run = ("run", "--rm", "--network=none", "--user=1234", "--entrypoint=sh", images["python"])
    assert docker(*run, "-c", script).startswith("pip ")


def test_nginx_fills_in_the_variables_that_are_set(
    images: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "page.conf.template").write_text("# ${GREETING} ${OTHER} $request_uri\n")
    run = ["run", "--rm", "--network=none", "--env=GREETING=hello", "--env=OTHER=other"]
    run += ["--env=NGINX_ENVSUBST_FILTER=^GREET", f"--volume={tmp_path}:/etc/nginx/templates:ro"]
    tmp_path.chmod(0o755)
    said = subprocess.run(
        ["docker", *run, images["nginx"], "nginx", "-T"], capture_output=True, text=True
    )
    assert "# hello ${OTHER} $request_uri" in said.stdout, said.stderr


class TestMariaDB:
    """The stand-in for the official mariadb image."""

    DATA = "/var/lib/mysql"
    OPTIONS = (
        "--character-set-server=utf8mb4",
        "--collation-server=utf8mb4_nopad_bin",
        "--skip-name-resolve",
    )

    def start(
        self, images: Mapping[str, str], containers: list[Container], user: str = "999:999"
    ) -> Container:
        server = Container(images["mariadb"], *self.OPTIONS, user=user, **MARIADB, **ACCOUNT)
        containers.append(server)
        server.start(self.DATA)
        server.wait_for(*HEALTHY)
        return server

    def query(self, server: Container, sql: str, user: str, password: str) -> str:
        client = ("mariadb", f"--user={user}", f"--password={password}", "--skip-column-names")
        return docker("exec", server.name, *client, "--execute", sql)

    def test_it_serves_its_account_and_keeps_its_data(
        self, images: Mapping[str, str], containers: list[Container]
    ) -> None:
        server = self.start(images, containers)
        self.query(server, "CREATE TABLE pay_db.kept (id INT)", "payuser", "o'pay")
        server.restart()
        server.wait_for(*HEALTHY)
        who = "SELECT CURRENT_USER(), @@collation_server, COUNT(*) FROM pay_db.kept"
        assert self.query(server, who, "payuser", "o'pay") == "payuser@%\tutf8mb4_nopad_bin\t0"
        databases = self.query(server, "SHOW DATABASES", "payuser", "o'pay").split()
        assert sorted(databases) == ["information_schema", "pay_db"]
        assert "Uid:\t999\t999" in docker("exec", server.name, "cat", "/proc/1/status")

    def test_only_the_given_accounts_can_log_in(
        self, images: Mapping[str, str], containers: list[Container]
    ) -> None:
        server = self.start(images, containers)
        accounts = "SELECT DISTINCT User FROM mysql.user ORDER BY User"
        found = self.query(server, accounts, "root", MARIADB["MARIADB_ROOT_PASSWORD"]).split()
        assert found == ["healthcheck", "mariadb.sys", "payuser", "root"]
        assert not server.answers("mariadb", "--user=root", "--execute", "SELECT 1")
        assert not server.answers("mariadb", "--user=nobody", "--execute", "SELECT 1")

    def test_a_first_boot_that_was_interrupted_is_done_again(
        self, images: Mapping[str, str], containers: list[Container]
    ) -> None:
        server = Container(images["mariadb"], *self.OPTIONS, user="999:999", **MARIADB)
        containers.append(server)
        half = "mkdir -p .first-boot/mysql; echo half > ibdata1; mkdir sys; echo half > sys/db.opt"
        run = ["run", "--rm", "--network=none", "--user=999:999", "--workdir", self.DATA]
        run += [f"--volume={server.volume}:{self.DATA}", "--entrypoint=sh", images["mariadb"]]
        docker(*run, "-c", half)
        server.start(self.DATA)
        server.wait_for(*HEALTHY)
        assert not server.answers("test", "-e", f"{self.DATA}/.first-boot")
        assert "a first boot was interrupted" in server.logs()

    def test_it_ends_cleanly_when_asked(
        self, images: Mapping[str, str], containers: list[Container]
    ) -> None:
        server = self.start(images, containers)
        docker("stop", server.name)
        assert server.state("ExitCode") == 0

    def test_it_refuses_a_first_boot_without_passwords(self, images: Mapping[str, str]) -> None:
        assert "MARIADB_ROOT_PASSWORD is not set" in refusal(images["mariadb"])
        said = refusal(images["mariadb"], MARIADB_USER="payuser", **MARIADB)
        assert "MARIADB_USER is set without MARIADB_PASSWORD" in said


class TestKafka:
    """The stand-in for the official apache/kafka image."""

    DATA = "/var/lib/kafka/data"
    AT = ("--bootstrap-server", "127.0.0.1:9092")

    def test_it_serves_and_keeps_its_topics(
        self, images: Mapping[str, str], containers: list[Container]
    ) -> None:
        broker = Container(images["kafka"], **KAFKA)
        containers.append(broker)
        broker.start(self.DATA)
        topics = ("/opt/kafka/bin/kafka-topics.sh", *self.AT)
        broker.wait_for(*topics, "--list")
        docker("exec", broker.name, *topics, "--create", "--topic=kept", "--partitions=3")
        broker.restart()
        broker.wait_for(*topics, "--list")
        assert "PartitionCount: 3" in docker("exec", broker.name, *topics, "--describe")
        assert "-XX:SharedArchiveFile" in docker("exec", broker.name, "cat", "/proc/1/cmdline")
        assert "Uid:\t1000\t1000" in docker("exec", broker.name, "cat", "/proc/1/status")

    def test_it_refuses_to_start_without_an_identity(self, images: Mapping[str, str]) -> None:
        assert "CLUSTER_ID is not set" in refusal(images["kafka"])


@pytest.mark.parametrize(
    ("name", "port", "environment"),
    [("jenkins", "8080", {}), ("ngrok", "4040", {"NGROK_AUTHTOKEN": "token"})],
)
def test_what_has_no_package_is_played_and_says_so(
    images: Mapping[str, str],
    containers: list[Container],
    name: str,
    port: str,
    environment: dict[str, str],
) -> None:
    server = Container(images[name], **environment)
    containers.append(server)
    server.start("/data")
    address = f"http://127.0.0.1:{port}/login"
    server.wait_for("curl", "--fail", address)
    assert "This is a stand-in for" in docker("exec", server.name, "curl", "--silent", address)
    docker("stop", server.name)
    assert server.state("ExitCode") == 0


def test_ngrok_refuses_to_start_without_its_token(images: Mapping[str, str]) -> None:
    assert "NGROK_AUTHTOKEN is not set" in refusal(images["ngrok"])
