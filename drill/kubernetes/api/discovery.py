"""The documents by which a client learns what an API server serves."""

from typing import Any

from drill.kubernetes.resource import Resource

VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]
VERSION = {"major": "1", "minor": "36", "gitVersion": "v1.36.4+k3s1", "platform": "linux/amd64"}
_FIXED: dict[str, dict[str, Any] | str] = {
    "version": VERSION,
    "api": {"kind": "APIVersions", "versions": ["v1"]},
    "openapi/v2": "",
}


def document(path: str, resources: list[Resource]) -> dict[str, Any] | str | None:
    """The discovery document at a path; None where there is none.

    OpenAPI 2 is protobuf, of which nothing is an empty document: kubectl then validates nothing by
    itself.
    """
    path = path.strip("/")
    versions = {each.api_version for each in resources}
    if path in _FIXED:
        return _FIXED[path]
    if path == "apis":
        return _groups(resources)
    if path == "openapi/v3":
        return _openapi_index(versions)
    for version in versions:
        if path in (_root(version), f"openapi/v3/{_root(version)}"):
            served = [each for each in resources if each.api_version == version]
            described = path == _root(version)
            return _resources(served, version) if described else _openapi(served, version)
    return None


def _groups(resources: list[Resource]) -> dict[str, Any]:
    return {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [_group(name, resources) for name in sorted({r.group for r in resources} - {""})],
    }


def _resources(served: list[Resource], api_version: str) -> dict[str, Any]:
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": api_version,
        "resources": [described for each in served for described in _described(each)],
    }


def _openapi_index(versions: set[str]) -> dict[str, Any]:
    return {
        "paths": {
            _root(version): {"serverRelativeURL": f"/openapi/v3/{_root(version)}"}
            for version in sorted(versions)
        }
    }


def _openapi(served: list[Resource], api_version: str) -> dict[str, Any]:
    """As much as shows kubectl that the server itself validates fields."""
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": VERSION["gitVersion"]},
        "paths": {
            f"/{_root(api_version)}/{each.plural}/{{name}}": {"patch": _patch(each)}
            for each in served
        },
    }


def _root(api_version: str) -> str:
    return f"apis/{api_version}" if "/" in api_version else f"api/{api_version}"


def _patch(resource: Resource) -> dict[str, Any]:
    return {
        "parameters": [{"name": "fieldValidation", "in": "query"}],
        "responses": {},
        "x-kubernetes-group-version-kind": {
            "group": resource.group,
            "version": resource.version,
            "kind": resource.kind,
        },
    }


def _group(name: str, resources: list[Resource]) -> dict[str, Any]:
    versions = [
        {"groupVersion": f"{name}/{version}", "version": version}
        for version in sorted({each.version for each in resources if each.group == name})
    ]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _described(resource: Resource) -> list[dict[str, Any]]:
    described = {
        "name": resource.plural,
        "singularName": resource.kind.lower(),
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": VERBS,
        "shortNames": list(resource.short_names),
    }
    part = {**described, "singularName": "", "shortNames": []}
    status = {**part, "name": f"{resource.plural}/status", "verbs": ["get", "patch", "update"]}
    eviction = {
        **part,
        "name": f"{resource.plural}/eviction",
        "group": "policy",
        "version": "v1",
        "kind": "Eviction",
        "verbs": ["create"],
    }
    evictable = resource.qualified == "pods"
    return [described, *([status] if resource.status else []), *([eviction] if evictable else [])]
