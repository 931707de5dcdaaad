"""The database users' passwords, from Secrets Manager into Kubernetes."""

import base64
import json

from host.bundle.site_document import SiteDocument
from host.errors import Failed
from host.kubernetes.kubectl import Object
from host.machine.machine import Aws

RELOAD = "cnpg.io/reload"
"""With this label CloudNativePG notices a new password at once."""


def secrets(aws: Aws, document: SiteDocument) -> tuple[Object, ...]:
    """A Secret for each database user.

    Raises:
        Failed: where a secret is not JSON with a username and a password.
    """
    client = aws.client("secretsmanager", document.region)
    return tuple(
        secret(user, client.get_secret_value(SecretId=name).get("SecretString"), document.namespace)
        for user, name in document.secrets.database.items()
    )


def secret(user: str, text: str | None, namespace: str) -> Object:
    """The Secret of one user from what Secrets Manager holds; None where that is no text."""
    values = _values(text)
    if values is None:
        raise Failed(
            f"the secret of {user} is not JSON with username and password, "
            "two texts that are not empty - correct it in Secrets Manager, then repeat"
        )
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/basic-auth",
        "metadata": {
            "name": secret_name(user),
            "namespace": namespace,
            "labels": {RELOAD: "true"},
        },
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in values.items()},
    }


def _values(text: str | None) -> dict[str, str] | None:
    try:
        document = json.loads(text or "")
        values = {key: document[key] for key in ("username", "password")}
        "".join(values.values()).encode()
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    whole = all(isinstance(value, str) and value for value in values.values())
    return values if whole else None


def secret_name(user: str) -> str:
    """What the Secret of a database user is called."""
    return user.replace("_", "-")
