"""What the two stacks leave in AWS, as far as `pgtwin` looks at it, made with boto3."""

import json
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drill.aws.embedded_aws import EmbeddedAws
from drill.failures.alias_record import alias_record, target
from pgtwin.commands.examination import BOOTSTRAP_PARAMETER, BOOTSTRAP_VERSION
from topology.load import load
from topology.site import SITES, SiteName
from topology.topology import Topology

DOUBLE = Path(__file__).with_name("host_double.py")
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}

HOST_DOCUMENT = {
    "schemaVersion": "2.2",
    "parameters": {"verb": {"type": "String"}, "arguments": {"type": "String", "default": ""}},
    "mainSteps": [],
}
"""Takes any words: tests/stacks/test_host_document.py holds the stacks' own to what is asked."""


@dataclass(frozen=True)
class Deployed:
    """The embedded AWS with a system in it, and the folder of the host doubles' states."""

    aws: EmbeddedAws
    topology: Topology
    states: Path
    zones: dict[SiteName, str] = field(default_factory=dict)
    """The id of each region's private zone."""

    @classmethod
    def make(cls, aws: EmbeddedAws, config: Path, folder: Path) -> "Deployed":
        deployed = cls(aws, load(config), folder / "hosts")
        deployed.states.mkdir()
        for site in SITES:
            deployed._site(site)
        return deployed

    @property
    def host_command(self) -> str:
        return shlex.join([sys.executable, str(DOUBLE), str(self.states)])

    def client(self, service: str, site: SiteName) -> Any:
        return self.aws.client(service, self.topology.site(site).region)

    def bucket(self, site: SiteName) -> str:
        return self.topology.names.bucket(self.topology.site(site).bucket, self.aws.account)

    def state(self, site: SiteName) -> dict[str, Any]:
        return dict(json.loads((self.states / f"{site}.json").read_text()))

    def set_state(self, site: SiteName, **fields: object) -> None:
        path = self.states / f"{site}.json"
        whole = path.with_suffix(".new")  # a double may be reading
        whole.write_text(json.dumps({**self.state(site), **fields}))
        whole.replace(path)

    def hang(self, site: SiteName) -> None:
        """Its machines take every command from now on, and do no work."""
        (self.states / f"{site}.hangs").touch()

    def work_again(self) -> None:
        """No site's machines hang any more."""
        for site in SITES:
            (self.states / f"{site}.hangs").unlink(missing_ok=True)

    def lose(self, site: SiteName) -> None:
        """The whole region: its endpoints and its machines."""
        self.aws.cut(self.topology.site(site).region)
        path = self.states / f"{site}.json"
        path.rename(path.with_suffix(".lost"))

    def bring_back(self, site: SiteName) -> None:
        """The region answers again; its machines come up with PostgreSQL kept stopped."""
        self.aws.heal(self.topology.site(site).region)
        path = self.states / f"{site}.json"
        path.with_suffix(".lost").rename(path)
        self.set_state(site, accepts_writes=False, fenced=True)

    def parameter(self, site: SiteName, name: str) -> Any:
        found = self.client("ssm", site).get_parameter(Name=name)
        return json.loads(found["Parameter"]["Value"])

    def put_record(
        self, site: SiteName, *, epoch: int, writer: SiteName, token: str | None = ""
    ) -> None:
        """Leave a copy of the record in one region, whatever is there."""
        names = {name: self.topology.site(name).cluster for name in SITES}
        copy = {"epoch": epoch, "writer": writer, "server_names": names, "token": token}
        self.client("ssm", site).put_parameter(
            Name=self.topology.names.record_parameter(),
            Value=json.dumps(copy),
            Type="String",
            Overwrite=True,
        )

    def machine_states(self, site: SiteName) -> set[str]:
        filters = [{"Name": "tag:pgtwin:system", "Values": [self.topology.name]}]
        found = self.client("ec2", site).describe_instances(Filters=filters)["Reservations"]
        return {each["State"]["Name"] for group in found for each in group["Instances"]}

    def writes(self, site: SiteName) -> bool:
        """Whether PostgreSQL accepts writes there: a machine that was stopped runs none."""
        stopped = self.machine_states(site) == {"stopped"}
        return not stopped and bool(self.state(site)["accepts_writes"])

    def alias(self, site: SiteName) -> str:
        """The load balancer that the region's alias leads to."""
        route53 = self.client("route53", "dr")
        sets = route53.list_resource_record_sets(HostedZoneId=self.zones[site])
        for each in sets["ResourceRecordSets"]:
            if each["Type"] == "A":
                return target(each)
        raise LookupError(site)

    def well(self, site: SiteName, cluster: str, *, writes: bool) -> dict[str, Any]:
        """What the host program says of a site that is well."""
        return {
            "site": site,
            "role": "writer" if writes else "replica",
            "accepts_writes": writes,
            "healthy": True,
            "fenced": False,
            "clients_admitted": writes,
            "following": not writes,
            "server_name": cluster,
            "lsn": "0/5000000",
            "timeline": 1,
            "demotion_token": None,
            "promoted_in_epoch": None,
            "confirmed_in_epoch": None,
            "heartbeat_age_seconds": 12.0,
            "backup_running": False,
            "unarchived_count": 0,
            "unarchived_segments": [],
        }

    def _site(self, site: SiteName) -> None:
        here, names = self.topology.site(site), self.topology.names
        state = self.well(site, here.cluster, writes=site == "primary")
        (self.states / f"{site}.json").write_text(json.dumps(state))
        ec2 = self.client("ec2", site)
        vpc = ec2.create_vpc(CidrBlock=here.cidr)["Vpc"]["VpcId"]
        prefix = here.cidr.removesuffix(".0.0/16")
        subnets = {
            zone: ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"{prefix}.{index}.0/24", AvailabilityZone=zone
            )["Subnet"]["SubnetId"]
            for index, zone in enumerate(here.zones)
        }
        self._machines(site, subnets)
        balancer = self.client("elbv2", site).create_load_balancer(
            Name=f"{self.topology.name}-{site}",
            Type="network",
            Scheme="internal",
            Subnets=[subnets[here.zones[0]]],
        )["LoadBalancers"][0]
        self._zone(site, vpc, balancer)
        self.client("s3", site).create_bucket(
            Bucket=self.bucket(site),
            CreateBucketConfiguration={"LocationConstraint": here.region},
        )
        self.client("ssm", site).put_parameter(
            Name=names.outputs_parameter(site),
            Type="String",
            Value=json.dumps({"load_balancer": balancer["DNSName"]}),
        )
        self._secret(site)
        self.client("ssm", site).create_document(
            Name=names.host_document(site),
            DocumentType="Command",
            Content=json.dumps(HOST_DOCUMENT),
        )
        self.client("ssm", site).put_parameter(
            Name=BOOTSTRAP_PARAMETER, Type="String", Value=str(BOOTSTRAP_VERSION), Overwrite=True
        )

    def _secret(self, site: SiteName) -> None:
        """The owner's password, kept in the primary's region."""
        if site == "primary":
            owner = self.topology.database.owner
            content = json.dumps({"username": owner, "password": "the first one"})
            self.client("secretsmanager", site).create_secret(
                Name=self.topology.names.database_secret(owner), SecretString=content
            )

    def roles(self, site: SiteName) -> list[str]:
        """The roles of the site's machines."""
        names = self.topology.names
        both = [names.server_role(site), names.agent_role(site)]
        return both[: 2 if self.topology.site(site).agents else 1]

    def _machines(self, site: SiteName, subnets: dict[str, str]) -> None:
        ec2 = self.client("ec2", site)
        of_site = {"pgtwin:system": self.topology.name, "pgtwin:site": site}
        zones = self.topology.zones(site)
        for node in self.topology.nodes(site):
            tags = {**of_site, "pgtwin:role": node.partition("-")[0], "pgtwin:node": node}
            listed = [{"Key": key, "Value": value} for key, value in tags.items()]
            ec2.run_instances(
                ImageId="ami-12c6146b",
                InstanceType=self.topology.site(site).type_of(node),
                MinCount=1,
                MaxCount=1,
                SubnetId=subnets[zones[node]],
                TagSpecifications=[{"ResourceType": "instance", "Tags": listed}],
            )
        for role in self.roles(site):
            self.client("iam", site).create_role(
                RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST)
            )

    def _zone(self, site: SiteName, vpc: str, balancer: dict[str, Any]) -> None:
        route53, names = self.client("route53", site), self.topology.names
        zone = route53.create_hosted_zone(
            Name=names.zone(),
            CallerReference=f"{self.topology.name}-{site}",
            VPC={"VPCRegion": self.topology.site(site).region, "VPCId": vpc},
            HostedZoneConfig={"PrivateZone": True},
        )["HostedZone"]["Id"]
        self.zones[site] = zone
        record = alias_record(names, balancer)
        route53.change_resource_record_sets(
            HostedZoneId=zone,
            ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]},
        )
