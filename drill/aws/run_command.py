"""Session Manager's Run Command, which moto only records: verbs of the host program really run.

What a verb does is the business of a command that stands for the machines of a system; it is called
as `COMMAND SITE VERB ARGUMENT...`, as `pgtwin` calls PGTWIN_HOST_COMMAND. Only what `pgtwin` asks
for is here, and only what the deployed document takes. Differs: a machine takes a command at once;
output is cut as the API does.
"""

import json
import shlex
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from wsgiref.types import StartResponse

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.ssm.exceptions import InvalidDocument
from moto.ssm.models import ssm_backends

from drill.aws.command_document import refusals

_TARGET = "AmazonSSM."
_LONGEST_OUTPUT = 24_000
_NO_ANSWER = 69
"""The command's exit code where no machine answers (drill/host_gateway.py)."""
_TYPE = ("Content-Type", "application/x-amz-json-1.1")


@dataclass
class Invocation:
    """One verb on one machine."""

    status: str = "InProgress"
    details: str = ""
    """Why, where that is another word than the status."""
    code: int = -1
    stdout: str = ""
    stderr: str = ""

    def document(self) -> dict[str, Any]:
        """As GetCommandInvocation answers."""
        return {
            "Status": self.status,
            "StatusDetails": self.details or self.status,
            "ResponseCode": self.code,
            "StandardOutputContent": self.stdout[:_LONGEST_OUTPUT],
            "StandardErrorContent": self.stderr[:_LONGEST_OUTPUT],
        }


class _Refused(Exception):  # noqa: N818 (an answer of the API)
    """What the API answers instead."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


class RunCommand:
    """The calls of SSM that run verbs, for the systems whose machines have a command."""

    def __init__(self) -> None:
        self._commands: dict[str, list[str]] = {}
        self._invocations: dict[str, Invocation] = {}

    def use(self, system: str, command: str) -> None:
        """Run the verbs of a system's machines with this command from now on."""
        self._commands[system] = shlex.split(command)

    def answers(self, environ: dict[str, Any]) -> bool:
        """Whether a request is one of these calls."""
        return bool(self._commands) and self._call(environ) is not None

    def __call__(
        self, environ: dict[str, Any], region: str, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one of these calls."""
        call = self._call(environ)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        try:
            document = call(region, json.loads(body)) if call else {}
        except _Refused as refused:
            start_response("400 Bad Request", [_TYPE])
            return [json.dumps({"__type": refused.error, "message": str(refused)}).encode()]
        start_response("200 OK", [_TYPE])
        return [json.dumps(document).encode()]

    def _call(self, environ: dict[str, Any]) -> Callable[[str, Any], Any] | None:
        target = str(environ.get("HTTP_X_AMZ_TARGET", "")).removeprefix(_TARGET)
        return {
            "DescribeInstanceInformation": _online,
            "SendCommand": self._send,
            "GetCommandInvocation": self._look,
        }.get(target)

    def _send(self, region: str, asked: dict[str, Any]) -> dict[str, Any]:
        parameters = asked["Parameters"]
        _hold_to_the_document(region, asked["DocumentName"], parameters)
        system, site, _ = asked["DocumentName"].rsplit("-", 2)
        verb = [*parameters["verb"], *shlex.split(parameters.get("arguments", [""])[0])]
        id, invocation = str(uuid.uuid4()), Invocation()
        self._invocations[id] = invocation
        command = [*self._commands[system], site, *verb]
        threading.Thread(target=_run, args=(invocation, command), daemon=True).start()
        return {"Command": {"CommandId": id, "Status": "Pending"}}

    def _look(self, _: str, asked: dict[str, Any]) -> dict[str, Any]:
        invocation = self._invocations.get(asked["CommandId"])
        if invocation is None:
            raise _Refused("InvocationDoesNotExist", asked["CommandId"])
        return invocation.document()


def _hold_to_the_document(region: str, name: str, given: dict[str, list[str]]) -> None:
    try:
        document = ssm_backends[DEFAULT_ACCOUNT_ID][region].get_document(name, None, None, None)
    except InvalidDocument as error:
        raise _Refused("InvalidDocument", name) from error
    refused = list(refusals(json.loads(document["Content"]), given))
    if refused:
        raise _Refused("InvalidParameters", "; ".join(refused))


def _online(region: str, asked: dict[str, Any]) -> dict[str, Any]:
    filters = {each["Key"]: each["Values"] for each in asked.get("Filters", ())}
    reservations = ec2_backends[DEFAULT_ACCOUNT_ID][region].all_reservations(
        filters={**filters, "instance-state-name": ["running"]}
    )
    found = [each.id for reservation in reservations for each in reservation.instances]
    return {"InstanceInformationList": [{"InstanceId": id, "PingStatus": "Online"} for id in found]}


def _run(invocation: Invocation, command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    invocation.code, invocation.stdout, invocation.stderr = (
        done.returncode,
        done.stdout,
        done.stderr,
    )
    if done.returncode == _NO_ANSWER:
        invocation.details, invocation.status = "DeliveryTimedOut", "TimedOut"
    else:
        invocation.status = "Failed" if done.returncode else "Success"
