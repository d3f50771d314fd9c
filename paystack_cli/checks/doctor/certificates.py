"""The certificates that programs of this machine trust, where a variable names its own bundle."""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

from paystack_cli.checks.doctor.model import Finding, failure, warning, well
from paystack_cli.checks.doctor.scene import Scene

TITLE = "Trusted certificates"

BUNDLE_VARIABLES = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "NODE_EXTRA_CA_CERTS",
)
"""Read by OpenSSL, requests, curl, pip and Node: each names a file of certificates."""


def examine_certificates(scene: Scene) -> Iterator[Finding]:
    """Each bundle that a variable names; without one, that the machine has its own."""
    named = [name for name in BUNDLE_VARIABLES if scene.settings.variables.get(name)]
    for variable in named:
        path = Path(scene.settings.variables[variable])
        problem = _problem(path)
        id, title = f"certificates.{variable.lower()}", f"{TITLE}: {variable}"
        if problem:
            fix = f"unset {variable}; or point it at a bundle: ls /etc/ssl/certs/*.crt"
            yield failure(id, title, f"{path} {problem}", fix)
        else:
            yield well(id, title, str(path))
    if not named:
        yield _of_the_machine()


def _of_the_machine() -> Finding:
    paths = ssl.get_default_verify_paths()
    folder = Path(paths.capath) if paths.capath else None
    if paths.cafile or (folder and folder.is_dir() and any(folder.iterdir())):
        return well("certificates", TITLE, str(paths.cafile or folder))
    return warning(
        "certificates",
        TITLE,
        f"there are none in {paths.openssl_cafile} and {paths.openssl_capath}",
        "sudo apt-get install ca-certificates",
    )


def _problem(path: Path) -> str:
    """Why nothing can be trusted by the file; "" when something can."""
    if not path.is_file():
        return "is not there"
    if not os.access(path, os.R_OK):
        return "may not be read by this user"
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError as error:
        return f"holds no certificate: {error.reason or error}"
    return ""
