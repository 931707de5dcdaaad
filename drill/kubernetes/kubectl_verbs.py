"""What each verb of the drill's kubectl does."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from typing import Any

from drill.kubernetes.kubectl_client import ApiRefused, KubectlClient
from drill.kubernetes.kubectl_documents import documents
from drill.kubernetes.kubectl_nodes import cordon, drain
from drill.kubernetes.kubectl_output import (
    explained,
    qualified,
    report,
    say,
    show,
    suffix,
    typed,
    write,
)

Verb = Callable[[KubectlClient, Namespace], int]
_MERGE = "application/merge-patch+json"


def get(client: KubectlClient, options: Namespace) -> int:
    """`get KIND [NAME]`, `get KIND/NAME`, `get --raw PATH`."""
    if options.raw:
        answer = client.request("GET", options.raw)
        write(answer if isinstance(answer, str) else json.dumps(answer))
        return 0
    targets = list(_targets(options.names))
    items: list[Any] = []
    for word, name in targets:
        kind = _kind(client, word)
        namespace = "" if options.all_namespaces else options.namespace or "default"
        query = {"labelSelector": options.selector, "fieldSelector": options.field_selector}
        try:
            answer = client.request("GET", client.path(kind, namespace, name), query)
        except ApiRefused as refused:
            if options.ignore_not_found and refused.reason == "NotFound":
                continue
            raise
        items += [answer] if name else typed(answer)
    show(items, options, single=len(targets) == 1 and bool(targets[0][1]))
    return 0


def apply(client: KubectlClient, options: Namespace) -> int:
    """`apply --server-side -f FILE`; every object is tried, the exit code tells of any failure."""
    if not options.server_side:
        return say("error: this kubectl applies only with --server-side")

    def one(value: dict[str, Any]) -> Any:
        kind = _kind_of(client, value)
        return client.request(
            "PATCH",
            client.path(kind, _namespace(value, options), value["metadata"]["name"]),
            {
                "fieldManager": options.field_manager or f"kubectl-{options.verb}",
                "force": "true" if options.force_conflicts else "",
                "fieldValidation": "Strict",
                **_dry_run(options),
            },
            body=value,
            content_type="application/apply-patch+yaml",
        )

    return _each(options, one, "serverside-applied")


def create(client: KubectlClient, options: Namespace) -> int:
    """`create -f FILE`."""

    def one(value: dict[str, Any]) -> Any:
        return client.request(
            "POST",
            client.path(_kind_of(client, value), _namespace(value, options)),
            {
                "fieldManager": options.field_manager or f"kubectl-{options.verb}",
                **_dry_run(options),
            },
            body=value,
        )

    return _each(options, one, "created")


def patch(client: KubectlClient, options: Namespace) -> int:
    """`patch KIND NAME --type=merge -p PATCH`."""
    for word, name in _targets(options.names):
        answer = client.request(
            "PATCH",
            client.path(
                _kind(client, word), options.namespace or "default", name, options.subresource
            ),
            {
                "fieldManager": options.field_manager or f"kubectl-{options.verb}",
                **_dry_run(options),
            },
            body=json.loads(options.patch),
            content_type=_MERGE,
        )
        report(answer, "patched", options)
    return 0


def delete(client: KubectlClient, options: Namespace) -> int:
    """`delete KIND NAME...`, `delete KIND -l SELECTOR`, `delete -f FILE`."""
    for kind, namespace, name in list(_doomed(client, options)):
        try:
            client.request("DELETE", client.path(kind, namespace, name), _dry_run(options))
        except ApiRefused as refused:
            if options.ignore_not_found and refused.reason == "NotFound":
                continue
            raise
        write(f'{qualified(kind)} "{name}" deleted{suffix(options)}')
    return 0


def run_in_pod(client: KubectlClient, options: Namespace) -> int:
    """`exec [-i] POD [-c CONTAINER] -- COMMAND`."""
    pods = {"groupVersion": "v1", "name": "pods", "namespaced": True}
    answer = client.request(
        "POST",
        client.path(
            pods, options.namespace or "default", options.names[0].rpartition("/")[2], "exec"
        ),
        {"container": options.container, "command": options.command},
        body=sys.stdin.buffer.read() if options.stdin else b"",
        content_type="application/octet-stream",
    )
    sys.stdout.write(answer["stdout"])
    sys.stderr.write(answer["stderr"])
    if answer["exitCode"]:
        say(f"command terminated with exit code {answer['exitCode']}")
    return int(answer["exitCode"])


VERBS: dict[str, Verb] = {
    "get": get,
    "apply": apply,
    "create": create,
    "patch": patch,
    "delete": delete,
    "exec": run_in_pod,
    "cordon": cordon,
    "uncordon": cordon,
    "drain": drain,
}


def _targets(words: list[str]) -> Iterator[tuple[str, str]]:
    if all("/" in word for word in words):
        for word in words:
            kind, _, name = word.partition("/")
            yield kind, name
        return
    kinds, names = words[0].split(","), words[1:] or [""]
    yield from ((kind, name) for kind in kinds for name in names)


def _doomed(client: KubectlClient, options: Namespace) -> Iterator[tuple[dict[str, Any], str, str]]:
    if options.filename:
        for value in documents(options.filename):
            kind = _kind_of(client, value)
            yield kind, _namespace(value, options), value["metadata"]["name"]
        return
    namespace = options.namespace or "default"
    for word, name in _targets(options.names):
        kind = _kind(client, word)
        if name:
            yield kind, namespace, name
            continue
        found = client.request(
            "GET", client.path(kind, namespace), {"labelSelector": options.selector}
        )
        yield from ((kind, namespace, each["metadata"]["name"]) for each in found["items"])


def _each(options: Namespace, act: Callable[[dict[str, Any]], Any], done: str) -> int:
    failed = False
    for value in documents(options.filename):
        try:
            report(act(value), done, options)
        except ApiRefused as refused:
            say(explained(refused))
            failed = True
    return int(failed)


def _kind(client: KubectlClient, word: str) -> dict[str, Any]:
    found = client.kind(word)
    if found is None:
        plain = word.partition(".")[0]
        raise SystemExit(say(f'error: the server doesn\'t have a resource type "{plain}"'))
    return found


def _kind_of(client: KubectlClient, value: dict[str, Any]) -> dict[str, Any]:
    found = client.kind_of(value)
    if found is None:
        raise SystemExit(
            say(
                f'error: resource mapping not found for name: "{value["metadata"].get("name", "")}"'
                f' namespace: "{value["metadata"].get("namespace", "")}" from "STDIN": no matches '
                f'for kind "{value["kind"]}" in version "{value["apiVersion"]}"\n'
                "ensure CRDs are installed first"
            )
        )
    return found


def _namespace(value: dict[str, Any], options: Namespace) -> str:
    return str(value["metadata"].get("namespace") or options.namespace or "default")


def _dry_run(options: Namespace) -> dict[str, str]:
    return {"dryRun": "All"} if options.dry_run == "server" else {}
