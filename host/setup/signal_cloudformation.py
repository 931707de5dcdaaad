"""Telling CloudFormation that the site is ready, or why it is not."""

import hashlib
import json
import logging
from typing import Literal

from host.errors import Failed
from host.machine.machine import Machine
from host.machine.paths import STATE
from host.machine.retrying import retry

Status = Literal["SUCCESS", "FAILURE"]
_TOLD = f"{STATE}/signalled"
"""The hash of the URL that has heard of a success: a later failure is none of its business."""
_REASON_CHARACTERS = 1000
"""Well under the 1,024 that CloudFormation shows of an event's reason."""
_log = logging.getLogger(__name__)


def signal(machine: Machine, status: Status, reason: str) -> None:
    """Signal the wait condition that the site's parameter names; a repeat is harmless.

    A URL that refuses the signal has expired: the deployment that asked is over, which is said in
    the log and is no error.

    Raises:
        Failed: when the URL cannot be reached.
    """
    tags = {key: machine.imds.tag(f"pgtwin:{key}") for key in ("system", "site", "node")}
    name = f"/pgtwin/{tags['system']}/{tags['site']}/signal"
    url = str(machine.aws.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
    this = hashlib.sha256(url.encode()).hexdigest().encode()
    if machine.files.exists(_TOLD) and machine.files.read(_TOLD) == this:
        return
    message = {"Status": status, "Reason": reason[:_REASON_CHARACTERS], "UniqueId": tags["node"]}
    body = json.dumps({**message, "Data": ""}).encode()
    retry(machine.clock, lambda: _put(machine, url, body))
    if status == "SUCCESS":
        machine.files.write(_TOLD, this)


def failure_reason(node: str, error: str, lines: tuple[str, ...]) -> str:
    """The error first, then as many of the last log lines as fit."""
    reason = f"{node}: {error}"[: _REASON_CHARACTERS // 2]
    room = _REASON_CHARACTERS - len(reason) - len(" | log: ")
    return f"{reason} | log: {' | '.join(lines)[-room:]}" if lines else reason


def _put(machine: Machine, url: str, body: bytes) -> None:
    status = machine.web.put(url, body)
    if status >= 500:  # noqa: PLR2004 (HTTP's own boundary)
        raise Failed(f"the wait condition's URL answered {status}")
    if status >= 400:  # noqa: PLR2004
        _log.warning("the wait condition's URL answered %s: its deployment is over", status)
