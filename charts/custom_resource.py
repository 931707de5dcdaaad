"""An object of a kind that Kubernetes learns from an operator."""

from typing import Any

import cdk8s
from constructs import Construct


class CustomResource(cdk8s.ApiObject):
    """A namespaced object whose `spec` is plain data, checked against its CRD in the tests."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        api_version: str,
        kind: str,
        namespace: str,
        spec: dict[str, Any],
    ) -> None:
        super().__init__(
            scope,
            f"{kind}-{name}",
            api_version=api_version,
            kind=kind,
            metadata=cdk8s.ApiObjectMetadata(name=name, namespace=namespace),
        )
        self.add_json_patch(cdk8s.JsonPatch.add("/spec", spec))
