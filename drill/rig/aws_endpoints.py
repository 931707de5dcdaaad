"""The one way in which pods of a rig learn that AWS is elsewhere: pure.

The project's manifests stay as they are. Admission policies of the cluster add what AWS' own names
would lead to: each ObjectStore the endpoint of the region of its bucket, each container of the
database's namespace the endpoint of its own region.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Object = dict[str, Any]
_GROUP = "admissionregistration.k8s.io"


def policies(
    *, namespace: str, environment: Mapping[str, str], by_bucket: Mapping[str, str]
) -> Sequence[Object]:
    """Policies and bindings: what containers get, and the URL for the stores of each bucket."""
    return [
        *_policy(
            "pgtwin-rig-pods",
            namespace=namespace,
            rule={"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]},
            operations=["CREATE"],
            expression=_pod_expression(environment),
        ),
        *_policy(
            "pgtwin-rig-object-stores",
            namespace=namespace,
            rule={
                "apiGroups": ["barmancloud.cnpg.io"],
                "apiVersions": ["v1"],
                "resources": ["objectstores"],
            },
            operations=["CREATE", "UPDATE"],
            expression=_store_expression(by_bucket),
        ),
    ]


def _pod_expression(environment: Mapping[str, str]) -> str:
    def containers(kind: str) -> str:
        env = ", ".join(
            f'Object.spec.{kind}.env{{name: "{name}", value: "{value}"}}'
            for name, value in environment.items()
        )
        each = f"Object.spec.{kind}{{name: c.name, env: [{env}]}}"
        return f"object.spec.{kind}.map(c, {each})"

    init = f"has(object.spec.initContainers) ? {containers('initContainers')} : []"
    main = containers("containers")
    return f"Object{{spec: Object.spec{{containers: {main}, initContainers: {init}}}}}"


def _store_expression(by_bucket: Mapping[str, str]) -> str:
    path = "object.spec.configuration.destinationPath"
    chosen = '""'
    for bucket, url in by_bucket.items():
        chosen = f'{path}.startsWith("s3://{bucket}/") ? "{url}" : {chosen}'
    configuration = f"Object.spec.configuration{{endpointURL: {chosen}}}"
    return f"Object{{spec: Object.spec{{configuration: {configuration}}}}}"


def _policy(
    name: str, *, namespace: str, rule: Object, operations: Sequence[str], expression: str
) -> Sequence[Object]:
    here = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    return [
        {
            "apiVersion": f"{_GROUP}/v1",
            "kind": "MutatingAdmissionPolicy",
            "metadata": {"name": name},
            "spec": {
                "failurePolicy": "Fail",
                "reinvocationPolicy": "IfNeeded",
                "matchConstraints": {
                    "namespaceSelector": here,
                    "resourceRules": [{**rule, "operations": list(operations)}],
                },
                "mutations": [
                    {
                        "patchType": "ApplyConfiguration",
                        "applyConfiguration": {"expression": expression},
                    }
                ],
            },
        },
        {
            "apiVersion": f"{_GROUP}/v1",
            "kind": "MutatingAdmissionPolicyBinding",
            "metadata": {"name": name},
            "spec": {"policyName": name},
        },
    ]
