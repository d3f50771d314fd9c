"""Kafka (KRaft, one node) as a process of this machine: properties, storage, command, readiness."""

from collections.abc import Mapping
from pathlib import Path

from paystack_cli.engines.local.data_folder import create_whole, run_maker
from paystack_cli.engines.local.environment import local_environment
from paystack_cli.engines.local.kafka_metadata import registered_brokers
from paystack_cli.engines.local.launch import Launch
from paystack_cli.engines.local.probes import Probe
from paystack_cli.engines.local.programs import Program
from paystack_cli.engines.local.state import StateFolder
from paystack_cli.stack.model import Service, Stack

FORMAT_HEAP = "-Xmx128m"
_NOT_PROPERTIES = {"KAFKA_HEAP_OPTS", "KAFKA_OPTS", "KAFKA_JVM_PERFORMANCE_OPTS"}
_LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}] %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
"""


def launch(
    stack: Stack, service: Service, folder: StateFolder, programs: Mapping[str, Program]
) -> Launch:
    """How Kafka runs on this machine; `programs` holds "kafka"."""
    program = programs["kafka"]
    environment = local_environment(stack, service)
    work = folder.service(service.name)
    properties, logging = work / "server.properties", work / "log4j2.properties"
    data = Path(environment["KAFKA_LOG_DIRS"])
    return Launch(
        service=service.name,
        argv=(
            *program.argv,
            *environment.get("KAFKA_HEAP_OPTS", "").split(),
            f"-Dlog4j2.configurationFile={logging.as_uri()}",
            "kafka.Kafka",
            str(properties),
        ),
        environment=program.environment,
        files={properties: server_properties(environment), logging: _LOGGING},
        prepare=lambda: create_whole(data, lambda folder: _format(program, environment, folder)),
    )


def server_properties(environment: Mapping[str, str]) -> str:
    """The KAFKA_* variables as properties, by the official image's rule.

    KAFKA_ is cut off, then `___` becomes `-`, `__` becomes `_`, `_` becomes `.`, all in lower case.
    Source: Apache Kafka, docker/README.md, "Using Environment Variables".
    """
    lines = []
    for name, value in sorted(environment.items()):
        if name.startswith("KAFKA_") and name not in _NOT_PROPERTIES:
            key = name.removeprefix("KAFKA_").lower()
            key = key.replace("___", "\0").replace("__", "\1").replace("_", ".")
            key = key.replace("\0", "-").replace("\1", "_")
            # Backslashes, as in a Windows path, start an escape in a properties file.
            lines.append(f"{key}={value.replace(chr(92), chr(92) * 2)}")
    return "\n".join(lines) + "\n"


def _format(program: Program, environment: Mapping[str, str], data: Path) -> None:
    properties = data.with_name("server.properties")
    properties.write_text(server_properties({**environment, "KAFKA_LOG_DIRS": str(data)}))
    tool = (*program.argv, FORMAT_HEAP, "kafka.tools.StorageTool", "format")
    run_maker([*tool, "-t", environment["CLUSTER_ID"], "-c", properties], program)


def metadata_probe(stack: Stack, service: Service) -> Probe:
    """Ready when the cluster's metadata lists a broker, which it does once it is unfenced."""
    advertised = local_environment(stack, service)["KAFKA_ADVERTISED_LISTENERS"]
    bootstrap = advertised.split(",")[0].rpartition("/")[2]
    host, port = bootstrap.rsplit(":", 1)

    def probe(timeout_s: float) -> str | None:
        try:
            brokers = registered_brokers(host, int(port), timeout_s)
        except OSError as error:
            return f"{bootstrap}: {error}"
        return None if brokers else f"{bootstrap}: no broker is registered yet"

    return probe
