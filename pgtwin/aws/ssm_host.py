"""The host program through Session Manager's Run Command."""

import shlex
import time
from typing import Any

from pgtwin.aws.answers import answers
from pgtwin.aws.clients import Clients
from pgtwin.aws.host_answer import host_answer
from pgtwin.aws.host_runner import run_seconds
from pgtwin.errors import SiteUnreachable

DELIVERY_SECONDS = 30
"""The least that Run Command takes. A verb that was not delivered by then never runs."""
POLL_SECONDS = 1.0
SILENCE_SECONDS = 30
"""How long Session Manager may be silent about a verb that runs on; then the region counts as lost.
Every other error of a poll, such as expired credentials, ends the wait at once."""
_UNDER_WAY = ("Pending", "InProgress", "Delayed", "Cancelling")
_NOT_DELIVERED = ("DeliveryTimedOut", "Undeliverable", "Terminated")


class SsmHost:
    """Runs verbs on the first of a site's servers that Session Manager reaches."""

    def __init__(self, clients: Clients, *, system: str, site: str) -> None:
        self._clients = clients
        self._tags = {"pgtwin:system": system, "pgtwin:site": site, "pgtwin:role": "server"}
        self._document = f"{system}-{site}-host"

    def run(self, verb: str, *arguments: str) -> dict[str, Any]:
        """Run one verb and wait for its end; see HostRunner."""
        ssm = self._clients.client("ssm")
        instance = self._server()
        with answers(f"{verb} in {self._clients.region}"):
            command = ssm.send_command(
                DocumentName=self._document,
                InstanceIds=[instance],
                TimeoutSeconds=DELIVERY_SECONDS,
                Parameters={"verb": [verb], "arguments": [shlex.join(arguments)]},
            )["Command"]["CommandId"]
        result = self._wait(command, instance, verb)
        if result["Status"] in _NOT_DELIVERED:
            raise SiteUnreachable(f"{verb}: {instance} did not take the command")
        return host_answer(
            verb,
            int(result.get("ResponseCode", -1)),
            result.get("StandardOutputContent", ""),
            result.get("StandardErrorContent", ""),
        )

    def _server(self) -> str:
        # Session Manager goes on calling a dead machine online for minutes.
        running = self._running()
        with answers(f"look for machines in {self._clients.region}"):
            found = self._clients.client("ssm").describe_instance_information(
                Filters=[
                    {"Key": f"tag:{key}", "Values": [value]} for key, value in self._tags.items()
                ]
            )["InstanceInformationList"]
        online = [
            each["InstanceId"]
            for each in found
            if each["PingStatus"] == "Online" and each["InstanceId"] in running
        ]
        if not online:
            raise SiteUnreachable(f"no server in {self._clients.region} is online")
        return str(sorted(online)[0])

    def _running(self) -> set[str]:
        filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in self._tags.items()]
        filters.append({"Name": "instance-state-name", "Values": ["running"]})
        with answers(f"look for machines in {self._clients.region}"):
            found = self._clients.client("ec2").describe_instances(Filters=filters)["Reservations"]
        return {each["InstanceId"] for group in found for each in group["Instances"]}

    def _wait(self, command: str, instance: str, verb: str) -> dict[str, Any]:
        began = heard = time.monotonic()
        while time.monotonic() < began + run_seconds(verb):
            time.sleep(POLL_SECONDS)
            try:
                result = self._ask(command, instance, verb)
            except SiteUnreachable as error:
                if time.monotonic() > heard + SILENCE_SECONDS:
                    raise SiteUnreachable(
                        f"{verb}: no word from {self._clients.region} for {SILENCE_SECONDS} s, so "
                        f"whether it ended is unknown ({error})"
                    ) from error
                continue
            heard = time.monotonic()
            if result is not None:
                return result
        raise SiteUnreachable(f"{verb} on {instance} did not end within {run_seconds(verb):.0f} s")

    def _ask(self, command: str, instance: str, verb: str) -> dict[str, Any] | None:
        """The invocation once it has ended; None while it is under way."""
        ssm = self._clients.client("ssm")
        with answers(f"{verb} in {self._clients.region}"):
            try:
                result = ssm.get_command_invocation(CommandId=command, InstanceId=instance)
            except ssm.exceptions.InvocationDoesNotExist:
                return None
        return None if result["Status"] in _UNDER_WAY else dict(result)
