"""What each verb asks of the server, and what it prints."""

import json
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from drill.kubernetes.resource import Resource
from drill.kubernetes.status_error import StatusError
from tests.kubectl.client import Client, path_of

Verb = Callable[[Client, Namespace, str], str]
"""From the client, the options and standard input to standard output."""


def get(client: Client, options: Namespace, _: str) -> str:
    """`get KIND [NAME] -o json`, `get --raw PATH`."""
    if options.raw:
        answer = client.request("GET", options.raw)
        return answer if isinstance(answer, str) else json.dumps(answer)
    word, name = [*options.names, ""][:2]
    resource = client.resource(word)
    try:
        path = path_of(resource, options.namespace or "default", name)
        answer = client.request("GET", path, {"labelSelector": options.selector})
    except StatusError as refused:
        if options.ignore_not_found and refused.reason == "NotFound":
            return ""
        raise
    found = answer if name else _list(resource, answer["items"])
    nothing = not name and not found["items"] and options.ignore_not_found
    return "" if nothing else json.dumps(found, indent=4) + "\n"


def apply(client: Client, options: Namespace, stdin: str) -> str:
    """`apply --server-side -f -`: of a list each is tried, and the first refusal told."""
    given = json.loads(stdin)
    told, refusals = "", list[StatusError]()
    for item in given["items"] if given["kind"] == "List" else [given]:
        try:
            told += _apply(client, options, item)
        except StatusError as refused:
            refusals.append(refused)
    if refusals:
        raise refusals[0]
    return told


def _apply(client: Client, options: Namespace, item: dict[str, Any]) -> str:
    resource = client.resource_of(item)
    metadata = item["metadata"]
    query = {
        "fieldManager": options.field_manager or "kubectl",
        "force": "true" if options.force_conflicts else "",
        **_dry_run(options),
    }
    path = path_of(resource, metadata.get("namespace", "default"), metadata["name"])
    kind = "application/apply-patch+yaml"
    answer = client.request("PATCH", path, query, document=item, content_type=kind)
    return _told(resource, answer, "serverside-applied", options)


def create(client: Client, options: Namespace, stdin: str) -> str:
    """`create -f -`."""
    item = json.loads(stdin)
    resource = client.resource_of(item)
    query = {"fieldManager": options.field_manager or "kubectl-create", **_dry_run(options)}
    path = path_of(resource, item["metadata"].get("namespace", "default"))
    answer = client.request("POST", path, query, document=item)
    return _told(resource, answer, "created", options)


def patch(client: Client, options: Namespace, _: str) -> str:
    """`patch KIND NAME --type=merge -p PATCH`."""
    word, name = options.names
    resource, namespace = client.resource(word), options.namespace or "default"
    before = client.request("GET", path_of(resource, namespace, name))
    answer = client.request(
        "PATCH",
        path_of(resource, namespace, name, options.subresource),
        {"fieldManager": options.field_manager or "kubectl-patch", **_dry_run(options)},
        document=json.loads(options.patch),
        content_type="application/merge-patch+json",
    )
    return _told(resource, answer, f"patched{'' if answer != before else ' (no change)'}", options)


def delete(client: Client, options: Namespace, stdin: str) -> str:
    """`delete KIND NAME`, `delete --raw PATH -f -`."""
    if options.raw:
        return json.dumps(client.request("DELETE", options.raw, document=json.loads(stdin)))
    word, name = options.names
    resource, namespace = client.resource(word), options.namespace or "default"
    try:
        client.request("DELETE", path_of(resource, namespace, name), _dry_run(options))
    except StatusError as refused:
        if options.ignore_not_found and refused.reason == "NotFound":
            return ""
        raise
    group = f".{resource.group}" if resource.group else ""
    where = f" from {namespace} namespace" if resource.namespaced else ""
    return f'{resource.kind.lower()}{group} "{name}" deleted{where}{_dry(options)}\n'


VERBS: dict[str, Verb] = {
    "get": get,
    "apply": apply,
    "create": create,
    "patch": patch,
    "delete": delete,
}
"""All but `exec`, which prints and ends as its command does."""


def _list(resource: Resource, items: list[Any]) -> dict[str, Any]:
    kind = {"apiVersion": resource.api_version, "kind": resource.kind}
    listed = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}}
    return {**listed, "items": [{**kind, **each} for each in items]}


def _told(resource: Resource, item: dict[str, Any], done: str, options: Namespace) -> str:
    group = f".{resource.group}" if resource.group else ""
    name = item["metadata"]["name"]
    return f"{resource.kind.lower()}{group}/{name} {done}{_dry(options)}\n"


def _dry_run(options: Namespace) -> dict[str, str]:
    return {"dryRun": "All"} if options.dry_run == "server" else {}


def _dry(options: Namespace) -> str:
    return " (server dry run)" if options.dry_run == "server" else ""
