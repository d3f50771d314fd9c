"""Names of files that look as if they held a secret."""

import re

_SECRET = re.compile(
    r"""(?: \.env(?:\..+)? | \.envrc | \.netrc | _netrc | \.npmrc | \.pypirc | \.pgpass | \.my\.cnf
    | \.git-credentials | \.htpasswd | \.dockerconfigjson | \.vault-token
    | id_(?:rsa|dsa|ecdsa|ed25519)
    | .+\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ovpn|ppk|token|dump|rdb|tfstate|tfvars)
    | (?:.*[-_.])?(?:dump|backup)(?:[-_.].*)?\.sql | .+\.sql\.(?:gz|bz2|xz|zst)
    | (?:service[-_]?account|credentials?|client[-_]secrets?)(?:[-_.].*)?\.json
    | (?:credentials?|secrets?|tokens?|passwords?)(?:\.(?:ya?ml|toml|ini|txt|properties|env))?
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_PUBLIC = re.compile(
    r".*\.(?:example|sample|template|dist|tmpl|pub)|(?:.*[-_.])?(?:ca|cacert|public)\.pem",
    re.IGNORECASE,
)
"""Examples without values, and the public halves of keys."""

PRIVATE_FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".kube"})
"""Whatever lies in one of these belongs to a person, not to an image."""


def is_secret_like(path: str) -> bool:
    """Whether the name of the file, or of a folder above it, says that nobody should be sent it."""
    above, _, name = path.rpartition("/")
    is_private = "." in above and not PRIVATE_FOLDERS.isdisjoint(above.split("/"))
    if not is_private and _SECRET.fullmatch(name) is None:
        return False
    return _PUBLIC.fullmatch(name) is None
