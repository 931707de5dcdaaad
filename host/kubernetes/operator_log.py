"""The log of the operator's programs: a line of JSON for each thing said, PostgreSQL's among them.

The pod's status does not tell why a Job of the operator failed: it leaves the pods'
`terminationMessagePolicy` as it is. So the log is read while the Job is there.
"""

import json
from collections.abc import Iterable
from typing import Any

from host.errors import HostError
from host.kubernetes.kubectl import Kubectl

_LINES = 3
_BROKEN = ("FATAL", "PANIC")


def read(kubectl: Kubectl, namespace: str, job: str) -> str:
    """The end of a Job's log.

    Raises:
        HostError: where it is not to be had.
    """
    where = ("logs", "-n", namespace, f"job/{job}", "--tail=200")
    return kubectl.run(*where, timeout_seconds=30).stdout


def why(kubectl: Kubectl, namespace: str, job: str) -> str:
    """What went wrong last in a Job; that its log is gone, where it is not to be had."""
    try:
        log = read(kubectl, namespace, job)
    except HostError:
        return "its pod is gone, with its log"
    return went_wrong(log) or "its log does not say"


def went_wrong(log: str) -> str:
    """The last errors of the program, and those that ended PostgreSQL: pure."""
    return last((_error(entry) for entry in entries(log)), lines=_LINES)


def last(said: Iterable[str], *, lines: int) -> str:
    """The last that was said, on one line; "" where nothing was: pure."""
    return " | ".join([each for each in said if each][-lines:])


def entries(log: str) -> list[dict[str, Any]]:
    """The lines that are such an object: pure."""
    found = []
    for line in log.split("\n"):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and isinstance(entry.get("msg"), str):
            found.append(entry)
    return found


def _error(entry: dict[str, Any]) -> str:
    record = entry.get("record")
    if isinstance(record, dict) and record.get("error_severity") in _BROKEN:
        return str(record.get("message", ""))
    if entry.get("level") != "error":
        return ""
    return f"{entry['msg']}: {entry['error']}" if entry.get("error") else str(entry["msg"])
