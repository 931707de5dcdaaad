"""The machines of a site, their disks and their firewall."""

from collections.abc import Iterator
from typing import Any

from drill.thief.attempt import Attempt
from drill.thief.holders import Holders
from drill.thief.principal import OPERATOR
from drill.thief.spoils import Spoils
from topology.site import SiteName

SHELL = "AWS-RunShellScript"
ANYWHERE = "AWS-StartPortForwardingSessionToRemoteHost"


def on_machines(site: SiteName, holders: Holders) -> Iterator[Attempt]:
    """Run something, stop something, take a disk, open a port."""
    document = holders.topology.names.host_document(site)
    operates = holders.server(site) | {OPERATOR}
    yield Attempt(
        what="run a verb of the host program on {site}",
        service="ssm",
        site=site,
        act=lambda ssm, spoils: ssm.send_command(
            DocumentName=document,
            InstanceIds=[spoils.instances[site]],
            Parameters={"verb": ["status"]},
        ),
        may=operates,
    )
    yield Attempt(
        what="run a shell on {site}",
        service="ssm",
        site=site,
        act=lambda ssm, spoils: ssm.send_command(
            DocumentName=SHELL,
            InstanceIds=[spoils.instances[site]],
            Parameters={"commands": ["id"]},
        ),
    )
    yield from _on_sessions(site)
    yield from _on_power(site)
    yield from _on_disks(site, holders)


def _on_sessions(site: SiteName) -> Iterator[Attempt]:
    yield Attempt(
        what="open a shell on {site}",
        service="ssm",
        site=site,
        act=lambda ssm, spoils: ssm.start_session(Target=spoils.instances[site]),
    )
    yield Attempt(
        what="lead a tunnel through {site} elsewhere than to the writer",
        service="ssm",
        site=site,
        act=lambda ssm, spoils: ssm.start_session(
            Target=spoils.instances[site],
            DocumentName=ANYWHERE,
            Parameters={"host": ["10.0.0.2"], "portNumber": ["6443"]},
        ),
    )
    yield Attempt(
        what="read what commands printed on the machines of {site}",
        service="ssm",
        site=site,
        act=lambda ssm, _: ssm.list_command_invocations(Details=True),
    )


def _on_power(site: SiteName) -> Iterator[Attempt]:
    operations = {
        "stop_instances": "stop a machine of",
        "terminate_instances": "terminate a machine of",
    }
    for operation, what in operations.items():

        def end(ec2: Any, spoils: Spoils, operation: str = operation) -> None:
            getattr(ec2, operation)(InstanceIds=[spoils.instances[site]])

        may = frozenset({OPERATOR}) if operation == "stop_instances" else frozenset[str]()
        yield Attempt(what=f"{what} {{site}}", service="ec2", site=site, act=end, may=may)


def _on_disks(site: SiteName, holders: Holders) -> Iterator[Attempt]:
    yield Attempt(
        what="copy a disk of {site}",
        service="ec2",
        site=site,
        act=lambda ec2, spoils: ec2.create_snapshot(VolumeId=_volume(spoils, site)),
    )
    yield Attempt(
        what="delete a disk of {site}",
        service="ec2",
        site=site,
        act=lambda ec2, spoils: ec2.delete_volume(VolumeId=_volume(spoils, site)),
    )
    yield Attempt(
        what="attach the disk of {site}'s server to a machine of its database",
        service="ec2",
        site=site,
        act=lambda ec2, spoils: ec2.attach_volume(
            VolumeId=spoils.volumes[site],
            InstanceId=spoils.database_machines[site],
            Device="/dev/sdf",
        ),
        # Where a server runs the database, it is the same machine.
        may=holders.server(site) & holders.database(site),
    )
    yield Attempt(
        what="open {site}'s machines to the internet",
        service="ec2",
        site=site,
        act=_open(site),
    )


def _open(site: SiteName) -> Any:
    def act(ec2: Any, spoils: Spoils) -> None:
        (group, *_) = spoils.client("ec2", site).describe_security_groups()["SecurityGroups"]
        ec2.authorize_security_group_ingress(
            GroupId=group["GroupId"], CidrIp="0.0.0.0/0", IpProtocol="tcp", FromPort=1, ToPort=9
        )

    return act


def _volume(spoils: Spoils, site: SiteName) -> str:
    filters = [{"Name": "tag:pgtwin:system", "Values": [spoils.topology.name]}]
    found = spoils.client("ec2", site).describe_volumes(Filters=filters)["Volumes"]
    return str(found[0]["VolumeId"])
