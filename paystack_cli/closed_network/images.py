"""The stand-ins for the stack's base images: what there is, and how each is named."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paystack_cli.closed_network.debian import RELEASE

REPOSITORY = "paystack-base"
"""The project's own name: nothing claims to be an official image."""

DIGEST_LENGTH = 12


@dataclass(frozen=True, slots=True)
class BaseImage:
    """A stand-in: its recipe's folder, the image it is built on, the setting that it fills.

    `jars_lock` pins the jars that go into it.
    """

    name: str
    parent: str | None
    setting: str | None
    jars_lock: str | None = None

    @property
    def parent_argument(self) -> str:
        """The build argument that names the parent."""
        return f"{self.parent}_IMAGE".upper()


BASE_IMAGES = (
    BaseImage("debian", parent=None, setting=None),
    BaseImage("python", parent="debian", setting="PAYSTACK_PYTHON_IMAGE"),
    BaseImage("mariadb", parent="debian", setting="PAYSTACK_MARIADB_IMAGE"),
    BaseImage(
        "kafka", parent="debian", setting="PAYSTACK_KAFKA_IMAGE", jars_lock="kafka-jars.lock"
    ),
    BaseImage("nginx", parent="debian", setting="PAYSTACK_NGINX_IMAGE"),
    BaseImage("curl", parent="debian", setting="PAYSTACK_CURL_IMAGE"),
    BaseImage("jenkins", parent="python", setting="PAYSTACK_JENKINS_IMAGE"),
    BaseImage("ngrok", parent="python", setting="PAYSTACK_NGROK_IMAGE"),
)
"""Parents before their children. A new stand-in is a folder of recipes and a line here."""


def name_images(recipes: Path, locks_dir: Path) -> Mapping[str, str]:
    """The full name of each image, whose tag stands for all that goes into it.

    That is its recipe, the files that all recipes share, the pinned jars, the Debian release, and
    its parent. Packages are not: an image keeps the versions it was built with until it is built
    afresh.
    """
    shared = [path for path in recipes.iterdir() if path.is_file()]
    tags: dict[str, str] = {}
    for image in BASE_IMAGES:
        own = [path for path in (recipes / image.name).rglob("*") if path.is_file()]
        pins = [locks_dir / image.jars_lock] if image.jars_lock else []
        digest = hashlib.sha256(tags.get(image.parent or "", RELEASE).encode())
        for path in sorted([*shared, *own, *pins]):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        tag = f"{RELEASE}-{digest.hexdigest()[:DIGEST_LENGTH]}"
        tags[image.name] = f"{REPOSITORY}/{image.name}:{tag}"
    return tags
