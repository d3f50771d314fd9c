"""nginx as a process of this machine: the gateway's template in a configuration of our own."""

import re
from collections.abc import Mapping

from paystack_cli.engines.local.environment import local_environment
from paystack_cli.engines.local.launch import Launch
from paystack_cli.engines.local.programs import Program
from paystack_cli.engines.local.state import StateFolder
from paystack_cli.stack.model import Service, Stack

TEMPLATE = "templates/default.conf.template"
"""Below the service's folder, where the official image looks for it."""

# One process: a killed master would leave workers behind, which keep the port.
# Relative paths are below the prefix (-p), the service's working folder.
_MAIN = """\
daemon off;
master_process off;
pid nginx.pid;
error_log /dev/stderr warn;
events {{
    worker_connections 1024;
}}
http {{
    client_body_temp_path temp-body;
    proxy_temp_path temp-proxy;
    fastcgi_temp_path temp-fastcgi;
    uwsgi_temp_path temp-uwsgi;
    scgi_temp_path temp-scgi;
    # The address stays, so connections to it can be kept.
    upstream ingest {{
        server {ingest};
        keepalive 128;
    }}
    map "" $gateway_ingest {{
        default ingest;
    }}
{site}}}
"""


def launch(
    stack: Stack, service: Service, folder: StateFolder, programs: Mapping[str, Program]
) -> Launch:
    """How nginx runs on this machine; `programs` holds "nginx"."""
    program = programs["nginx"]
    environment = local_environment(stack, service)
    work = folder.service(service.name)
    template = (stack.directory / service.name / TEMPLATE).read_text(encoding="utf-8")
    return Launch(
        service=service.name,
        argv=(*program.argv, "-p", f"{work}/", "-c", "nginx.conf", "-e", "/dev/stderr"),
        environment=program.environment,
        files={
            work / "nginx.conf": _MAIN.format(
                ingest=environment["GATEWAY_INGEST"], site=render(template, environment)
            )
        },
    )


def render(template: str, environment: Mapping[str, str]) -> str:
    """`${NAME}` of a name in `environment`; nginx's own variables stay, as with envsubst."""
    return re.sub(r"\$\{(\w+)\}", lambda found: environment.get(found[1], found[0]), template)
