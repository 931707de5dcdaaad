"""The superuser's password, where a Cluster asks for one: in a Secret of its own."""

import base64
import secrets

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.objects.owner_reference import owned_by
from drill.kubernetes.resource import Object
from drill.operator import bootstrap
from drill.operator.instance import Instance


def enable(api: ClusterApi, cluster: Object, primary: Instance) -> None:
    """Give `postgres` a password and publish it as `<cluster>-superuser`; once."""
    metadata = cluster["metadata"]
    name = f"{metadata['name']}-superuser"
    wanted = cluster["spec"].get("enableSuperuserAccess")
    if not wanted or api.get("Secret", name, metadata["namespace"]):
        return
    data = {"username": "postgres", "password": secrets.token_urlsafe()}
    bootstrap.set_password(primary, "postgres", data["password"])
    api.create(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": name,
                "namespace": metadata["namespace"],
                **owned_by(cluster),
            },
            "type": "kubernetes.io/basic-auth",
            "data": {key: base64.b64encode(text.encode()).decode() for key, text in data.items()},
        }
    )
