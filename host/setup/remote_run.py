"""A verb on another machine of the site, through Session Manager's own channel."""

from host.errors import Failed
from host.machine.waiting import wait_for
from host.setup.data_volume import holder
from host.site import Site

_UNDER_WAY = ("Pending", "InProgress", "Delayed", "Cancelling")
_DEADLINE_SECONDS = 600


def run_on(site: Site, node: str, verb: str, arguments: str) -> None:
    """Run `pgtwin-host VERB ARGUMENTS` on the machine called `node`, and wait for its end.

    Raises:
        Failed: when no one machine has its data volume, or it did not succeed there.
        TimedOut: when it did not end, or the machine is not in reach.
    """
    ssm, document = site.machine.aws.client("ssm"), site.document
    instance = holder(site.machine, system=document.system, site=document.site, node=node)
    command = ssm.send_command(
        DocumentName=f"{document.system}-{document.site}-host",
        InstanceIds=[instance],
        Parameters={"verb": [verb], "arguments": [arguments]},
    )["Command"]["CommandId"]

    def outcome() -> str | None:
        try:
            found = ssm.get_command_invocation(CommandId=command, InstanceId=instance)
        except ssm.exceptions.InvocationDoesNotExist:
            return None
        status = str(found["Status"])
        return None if status in _UNDER_WAY else status

    status = wait_for(
        site.machine.clock, f"{verb} on {node}", outcome, deadline_seconds=_DEADLINE_SECONDS
    )
    if status != "Success":
        raise Failed(
            f"{verb} on {node} ended with {status} - there, run: journalctl -t pgtwin-host"
        )
