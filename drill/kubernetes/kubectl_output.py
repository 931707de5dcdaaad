"""What the drill's kubectl prints."""

import json
import sys
from argparse import Namespace
from typing import Any

from drill.kubernetes.kubectl_client import ApiRefused


def suffix(options: Namespace) -> str:
    """What a dry run adds to a line."""
    return " (server dry run)" if options.dry_run == "server" else ""


def qualified(kind: dict[str, Any]) -> str:
    """A kind as a deletion names it."""
    group = kind["groupVersion"].rpartition("/")[0]
    return f"{kind['singularName']}.{group}" if group else str(kind["singularName"])


def report(value: dict[str, Any], done: str, options: Namespace) -> None:
    """One line, or the object as JSON, about an object that was changed."""
    if options.output == "json":
        write(json.dumps(value, indent=4))
        return
    group = value["apiVersion"].rpartition("/")[0]
    kind = f"{value['kind'].lower()}.{group}" if group else value["kind"].lower()
    write(f"{kind}/{value['metadata']['name']} {done}{suffix(options)}")


def typed(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The items of a list, each with the kind that only the list has."""
    kind = answer["kind"].removesuffix("List")
    return [{"apiVersion": answer["apiVersion"], "kind": kind, **e} for e in answer["items"]]


def show(items: list[Any], options: Namespace, *, single: bool) -> None:
    """What `get` prints."""
    if not items and options.ignore_not_found:
        return
    if options.output == "json":
        listed = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}}
        write(json.dumps(items[0] if single else {**listed, "items": items}, indent=4))
        return
    for each in items:
        write(each["metadata"]["name"])


def write(text: str) -> None:
    """A line of the result."""
    sys.stdout.write(text + "\n")


def say(text: str) -> int:
    """A line for people; returns the exit code of a failure."""
    sys.stderr.write(text + "\n")
    return 1


def explained(refused: ApiRefused) -> str:
    """A refusal in kubectl's words."""
    if refused.message.startswith("Apply failed"):
        return (
            f"error: {refused.message}\nRun again with --force-conflicts to take these fields over."
        )
    return str(refused)
