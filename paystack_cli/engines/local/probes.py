"""Readiness: what a probe is, and the one over HTTP that most services have."""

import http.client
import json
from collections.abc import Callable
from urllib.parse import urlsplit

Probe = Callable[[float], str | None]
"""Given the seconds it may take: None when the service is ready, else why it is not."""

BODY_BYTES_MAX = 16 * 1024


def http_probe(url: str) -> Probe:
    """Ready when `url` answers 200; a Spring Boot health document says what is missing."""
    parts = urlsplit(url)
    host, port, path = parts.hostname or "", parts.port or 80, parts.path or "/"

    def probe(timeout_s: float) -> str | None:
        connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read(BODY_BYTES_MAX)
        except (OSError, http.client.HTTPException) as error:
            return f"GET {url}: {error or type(error).__name__}"
        finally:
            connection.close()
        if response.status == http.client.OK:
            return None
        return f"GET {url}: {response.status}{_components_down(body)}"

    return probe


def _components_down(body: bytes) -> str:
    try:
        components = json.loads(body)["components"]
        down = {name: part for name, part in components.items() if part["status"] != "UP"}
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return "".join(
        f", {name} {part['status']} {json.dumps(part.get('details', {}))}"
        for name, part in down.items()
    )
