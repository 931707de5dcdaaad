"""The host program through Session Manager's Run Command."""

import logging
import shlex
import time
from typing import Any

from pgtwin.aws.clients import Clients
from pgtwin.aws.host_runner import host_answer
from pgtwin.clock import pauses
from pgtwin.deadlines import (
    DELIVERY_SECONDS,
    MACHINES_SECONDS,
    POLL_SECONDS,
    SILENCE_SECONDS,
    SUSPECT_SECONDS,
    TAKEN_SECONDS,
    follows_a_look,
    verb_seconds,
)
from pgtwin.errors import SiteHangs, SiteUnreachable
from topology.names import Names
from topology.site import SiteName

_UNDER_WAY = ("Pending", "InProgress", "Delayed", "Cancelling")
_TAKEN = "InProgress"
"""The agent on the machine has the command (GetCommandInvocation, `Status`)."""
_NOT_DELIVERED = ("deliverytimedout", "undeliverable", "terminated")
"""Of `StatusDetails`; `Status` says TimedOut or Failed for them too (API reference,
GetCommandInvocation). AWS' documents write the words with and without spaces."""
_log = logging.getLogger(__name__)


class SsmHost:
    """Runs verbs on the oldest of a site's servers that Session Manager reaches.

    A server that takes the place of another waits for the data volume that the older one holds. No
    verb needs EC2: its API may be away or throttled where Session Manager and the machines work.
    """

    def __init__(self, clients: Clients, *, names: Names, site: SiteName) -> None:
        self._clients = clients
        self._tags = {"pgtwin:system": names.system, "pgtwin:site": site, "pgtwin:role": "server"}
        self._document = names.host_document(site)
        self._launched: dict[str, tuple[bool, str]] = {}
        """Whether it is being stopped, and when it was launched, as EC2 said last."""
        self._ec2_answers = True

    def run(
        self, verb: str, *arguments: str, within_seconds: float | None = None
    ) -> dict[str, Any]:
        """Run one verb and wait for its end; see HostRunner."""
        if within_seconds is None and not follows_a_look(verb):
            self.run("status", "--state")
        until = time.monotonic() + (within_seconds or verb_seconds(verb))
        instance = self._server()
        command = self._clients.ask(
            "ssm",
            f"{verb} in {self._clients.region}",
            lambda ssm: ssm.send_command(
                DocumentName=self._document,
                InstanceIds=[instance],
                TimeoutSeconds=DELIVERY_SECONDS,
                Parameters={"verb": [verb], "arguments": [shlex.join(arguments)]},
            )["Command"]["CommandId"],
        )
        result = self._wait(command, instance, verb, until)
        if result.get("StatusDetails", "").replace(" ", "").lower() in _NOT_DELIVERED:
            raise SiteUnreachable(f"{verb}: {instance} did not accept the command")
        return host_answer(
            verb,
            int(result.get("ResponseCode", -1)),
            result.get("StandardOutputContent", ""),
            result.get("StandardErrorContent", ""),
        )

    def _server(self) -> str:
        """Which machine to ask; where EC2 does not answer, Session Manager's own list is enough.

        Raises:
            SiteUnreachable: where no machine is known to be online.
        """
        online = self._online()
        try:
            # Session Manager goes on calling a dead machine online for minutes.
            self._launched = self._running()
        except SiteUnreachable as error:
            self._ec2_answers = False
            _log.info("%s: every server that Session Manager names counts as running", error)
        else:
            self._ec2_answers = True
            online = [each for each in online if each in self._launched]
        if not online:
            raise SiteUnreachable(f"no server in {self._clients.region} is online")
        return min(online, key=self._age)

    def _age(self, instance: str) -> tuple[bool, str, str]:
        """The oldest first, as far as EC2 said, and always in the same order.

        Before one that EC2 is stopping, which may still work, any other is asked.
        """
        return (*self._launched.get(instance, (True, "")), instance)

    def _online(self) -> list[str]:
        tags = [{"Key": f"tag:{key}", "Values": [value]} for key, value in self._tags.items()]
        found = self._clients.ask(
            "ssm",
            f"look for machines in {self._clients.region}",
            lambda ssm: ssm.describe_instance_information(Filters=tags)["InstanceInformationList"],
        )
        return [str(each["InstanceId"]) for each in found if each["PingStatus"] == "Online"]

    def _running(self) -> dict[str, tuple[bool, str]]:
        """Of each instance that may work: whether it is being stopped, and when it was launched."""
        filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in self._tags.items()]
        filters.append({"Name": "instance-state-name", "Values": ["running", "stopping"]})
        found = self._clients.ask(
            "ec2",
            f"look for machines in {self._clients.region}",
            lambda ec2: ec2.describe_instances(Filters=filters)["Reservations"],
            seconds=MACHINES_SECONDS if self._ec2_answers else SUSPECT_SECONDS,
        )
        return {
            each["InstanceId"]: (each["State"]["Name"] == "stopping", str(each["LaunchTime"]))
            for group in found
            for each in group["Instances"]
        }

    def _wait(self, command: str, instance: str, verb: str, until: float) -> dict[str, Any]:
        heard, status = time.monotonic(), ""
        taken_until = until if self._ec2_answers else min(until, heard + TAKEN_SECONDS)
        for pause_seconds in pauses(POLL_SECONDS):
            if time.monotonic() >= (until if status == _TAKEN else taken_until):
                break
            time.sleep(pause_seconds)
            try:
                result = self._ask(command, instance, verb)
            except SiteUnreachable as error:
                if time.monotonic() > heard + SILENCE_SECONDS:
                    raise SiteUnreachable(
                        f"{verb}: no response from {self._clients.region} for "
                        f"{SILENCE_SECONDS:.0f} s, so it is unknown whether it ended ({error})"
                    ) from error
                continue
            heard, status = time.monotonic(), str(result.get("Status", ""))
            if status and status not in _UNDER_WAY:
                return result
        if status == _TAKEN:
            raise SiteHangs(f"{verb}: {instance} took the command and has not ended it yet")
        raise SiteUnreachable(f"{verb}: {instance} has not taken the command yet")

    def _ask(self, command: str, instance: str, verb: str) -> dict[str, Any]:
        """The invocation; nothing as long as Session Manager does not know of it."""

        def look(ssm: Any) -> dict[str, Any]:
            try:
                return dict(ssm.get_command_invocation(CommandId=command, InstanceId=instance))
            except ssm.exceptions.InvocationDoesNotExist:
                return {}

        return self._clients.ask("ssm", f"{verb} in {self._clients.region}", look)
