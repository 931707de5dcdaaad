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
        secret(user, client.get_secret_value(SecretId=name)["SecretString"], document.namespace)
        for user, name in document.secrets.database.items()
    )


def secret(user: str, text: str, namespace: str) -> Object:
    """The Secret of one user from what Secrets Manager holds."""
    try:
        document = json.loads(text)
        values = {key: document[key] for key in ("username", "password")}
    except (ValueError, KeyError, TypeError):
        raise Failed(
            f"the secret of {user} is not JSON with username and password - "
            "correct it in Secrets Manager, then repeat"
        ) from None
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


def secret_name(user: str) -> str:
    """What the Secret of a database user is called."""
    return user.replace("_", "-")
