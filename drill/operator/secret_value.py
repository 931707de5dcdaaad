"""What a Secret holds under one of its keys, as an instance's files and roles need it."""

import base64

from drill.kubernetes.cluster_api import ClusterApi


def secret_value(api: ClusterApi, namespace: str, secret: str, key: str) -> bytes:
    """The value.

    Raises:
        LookupError: where there is no such Secret.
    """
    found = api.get("Secret", secret, namespace)
    if found is None:
        raise LookupError(f"Secret {secret} does not exist")
    return base64.b64decode(found["data"][key])
