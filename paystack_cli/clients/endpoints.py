"""Where the servers of a stack answer: the engine's addresses, unless a variable says otherwise."""

from collections.abc import Mapping

from paystack_cli.clients.database import DatabaseEndpoint
from paystack_cli.clients.kafka import KafkaEndpoint
from paystack_cli.engines.base import Address, Engine
from paystack_cli.errors import PreflightError
from paystack_cli.stack.model import Service, Stack

DATABASE_CHECK, KAFKA_CHECK, GATEWAY_CHECK = "mariadb", "kafka", "gateway"
"""The check kinds in compose.yaml that tell which service is the database, broker, public door."""


KAFKA_SECURITY: Mapping[str, str] = {
    "PAYSTACK_KAFKA_SECURITY_PROTOCOL": "security.protocol",
    "PAYSTACK_KAFKA_SASL_MECHANISM": "sasl.mechanism",
    "PAYSTACK_KAFKA_SASL_USERNAME": "sasl.username",
    "PAYSTACK_KAFKA_SASL_PASSWORD": "sasl.password",
    "PAYSTACK_KAFKA_SSL_CA": "ssl.ca.location",
    "PAYSTACK_KAFKA_SSL_CERTIFICATE": "ssl.certificate.location",
    "PAYSTACK_KAFKA_SSL_KEY": "ssl.key.location",
    "PAYSTACK_KAFKA_SSL_KEY_PASSWORD": "ssl.key.password",
}
"""Variable -> setting of librdkafka."""

DATABASE_TLS: Mapping[str, str] = {
    "PAYSTACK_DB_SSL_CA": "ssl_ca",
    "PAYSTACK_DB_SSL_CERTIFICATE": "ssl_cert",
    "PAYSTACK_DB_SSL_KEY": "ssl_key",
}
"""Variable -> argument of PyMySQL; with an authority the server's certificate and name must fit."""


class Endpoints:
    """Addresses and accounts of one stack's servers.

    PAYSTACK_DB_HOST, _PORT, _USER, _PASSWORD and _NAME, PAYSTACK_KAFKA_BOOTSTRAP and
    PAYSTACK_GATEWAY_URL replace what the stack says, for a stack that runs elsewhere;
    KAFKA_SECURITY and DATABASE_TLS say how to connect there.
    """

    def __init__(self, stack: Stack, engine: Engine, variables: Mapping[str, str]) -> None:
        self._stack = stack
        self._engine = engine
        self._variables = variables

    def database(self) -> DatabaseEndpoint:
        service = service_of(self._stack, DATABASE_CHECK)
        environment = self._engine.environment(service.name)
        address = self._address(service)
        port = self._variables.get("PAYSTACK_DB_PORT", str(address.port))
        if not port.isdecimal():
            raise PreflightError(
                f"PAYSTACK_DB_PORT is no port number: {port!r}", hint="unset PAYSTACK_DB_PORT"
            )
        return DatabaseEndpoint(
            host=self._variables.get("PAYSTACK_DB_HOST", address.host),
            port=int(port),
            user=self._variables.get("PAYSTACK_DB_USER", environment["MARIADB_USER"]),
            password=self._variables.get("PAYSTACK_DB_PASSWORD", environment["MARIADB_PASSWORD"]),
            name=self._variables.get("PAYSTACK_DB_NAME", environment["MARIADB_DATABASE"]),
            tls=self._set(DATABASE_TLS),
        )

    def kafka(self) -> KafkaEndpoint:
        chosen = self._variables.get("PAYSTACK_KAFKA_BOOTSTRAP")
        return KafkaEndpoint(
            chosen or _host_port(self._address(service_of(self._stack, KAFKA_CHECK))),
            self._set(KAFKA_SECURITY),
        )

    def gateway_url(self) -> str:
        chosen = self._variables.get("PAYSTACK_GATEWAY_URL")
        return chosen or self.own_gateway_url()

    def own_gateway_url(self) -> str:
        """The public door of this project's stack, whatever else was chosen."""
        return self.http_url(service_of(self._stack, GATEWAY_CHECK))

    def http_url(self, service: Service) -> str:
        """The base URL of a service that speaks HTTP."""
        return f"http://{_host_port(self._address(service))}"

    def _set(self, names: Mapping[str, str]) -> dict[str, str]:
        """What the variables among `names` are set to, under the names that the client knows."""
        given = self._variables
        return {name: given[variable] for variable, name in names.items() if given.get(variable)}

    def _address(self, service: Service) -> Address:
        return self._engine.address(service.name, door(service))


def service_of(stack: Stack, check: str) -> Service:
    """The service of this check kind. Raises PreflightError when the stack has none."""
    for service in stack.services.values():
        if service.check == check:
            return service
    raise PreflightError(
        f"no service of the stack has `check: {check}`", hint="mend stack/compose.yaml"
    )


def door(service: Service) -> int:
    """The container port that others ask: the first published one; others are inner ones.

    Raises PreflightError when the service publishes none.
    """
    if not service.ports:
        raise PreflightError(
            f"{service.name} publishes no port", hint=f"add ports to {service.name}"
        )
    return service.ports[0].target


def _host_port(address: Address) -> str:
    return f"{address.host}:{address.port}"
