"""What there is to steal and to destroy, and what is left of it after a theft.

What always holds: whatever a thief deleted or wrote over is looked for among the versions, and
brought back from there, before the next attempt.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from drill.aws.embedded_aws import EmbeddedAws
from topology.names import DUMPS_PREFIX, ETCD_PREFIX, EVIDENCE_PREFIX, PHYSICAL_PREFIXES
from topology.site import SITES, SiteName
from topology.topology import Topology

NOTHING = "nothing"
WHOLE = b"what the database is restored from"


@dataclass(frozen=True)
class Spoils:
    """A deployed system with one backup of each kind on each site, through the administrator."""

    embedded: EmbeddedAws
    topology: Topology

    def client(self, service: str, site: SiteName) -> Any:
        """The administrator's client in a site's region."""
        return self.embedded.client(service, self.topology.site(site).region)

    def bucket(self, site: SiteName) -> str:
        """A site's backup bucket."""
        return self.topology.names.bucket(self.topology.site(site).bucket, self.embedded.account)

    def assets(self, site: SiteName) -> str:
        """Where the site's bundle is."""
        ending = f"-assets-{self.embedded.account}-{self.topology.site(site).region}"
        names = [each["Name"] for each in self.client("s3", site).list_buckets()["Buckets"]]
        return next(str(name) for name in names if name.endswith(ending))

    def base_backup(self, site: SiteName) -> str:
        """The key of a base backup."""
        cluster = self.topology.site(site).cluster
        return f"{PHYSICAL_PREFIXES[site]}/{cluster}/base/20260101T020000/data.tar"

    @property
    def dump(self) -> str:
        """The key of a dump, the same in both buckets."""
        return f"{DUMPS_PREFIX}/{self.topology.database.name}/20260101T040000Z/toc.dat"

    @property
    def snapshot(self) -> str:
        """The key of an etcd snapshot."""
        return f"{ETCD_PREFIX}/server-1-1767240000"

    @property
    def evidence(self) -> str:
        """The key of the evidence of a verification."""
        return f"{EVIDENCE_PREFIX}/20260101T060000Z-passed.json"

    @cached_property
    def instances(self) -> dict[SiteName, str]:
        """One machine of each site."""
        return {site: self._machine(site, "server") for site in SITES}

    @cached_property
    def database_machines(self) -> dict[SiteName, str]:
        """One machine of each site that runs its database."""
        return {site: self._machine(site, self._role(site)) for site in SITES}

    @cached_property
    def volumes(self) -> dict[SiteName, str]:
        """The data volume of a server of each site."""
        found = {}
        for site in SITES:
            answer = self.client("ec2", site).describe_volumes(Filters=self._tags(site, "server"))
            found[site] = str(answer["Volumes"][0]["VolumeId"])
        return found

    @cached_property
    def zones(self) -> dict[SiteName, str]:
        """The private zone of each site."""
        route53, name = self.client("route53", "primary"), self.topology.names.zone()
        found = {}
        for zone in route53.list_hosted_zones_by_name(DNSName=name)["HostedZones"]:
            vpcs = route53.get_hosted_zone(Id=zone["Id"]).get("VPCs", [])
            for site in SITES:
                if any(vpc["VPCRegion"] == self.topology.site(site).region for vpc in vpcs):
                    found[site] = str(zone["Id"]).removeprefix("/hostedzone/")
        return found

    def lay_out(self) -> None:
        """Put one of each into both buckets."""
        for site in SITES:
            for key in (self.base_backup(site), self.dump, self.snapshot, self.evidence):
                self.client("s3", site).put_object(Bucket=self.bucket(site), Key=key, Body=WHOLE)

    def left(self, site: SiteName, key: str) -> str:
        """What a restore finds of `key` after a theft; where it was touched, it is brought back."""
        s3, bucket = self.client("s3", site), self.bucket(site)
        for version in self._versions(site, key):
            body = s3.get_object(Bucket=bucket, Key=key, VersionId=version)["Body"].read()
            if body == WHOLE:
                s3.put_object(Bucket=bucket, Key=key, Body=body)
                return f"its version before, for {self.kept_days(site)} days; it was restored"
        s3.put_object(Bucket=bucket, Key=key, Body=WHOLE)
        return NOTHING

    def kept_days(self, site: SiteName) -> int:
        """How long the site's bucket keeps what was deleted or written over."""
        rules = self.client("s3", site).get_bucket_lifecycle_configuration(
            Bucket=self.bucket(site)
        )["Rules"]
        days = [
            each["NoncurrentVersionExpiration"]["NoncurrentDays"]
            for each in rules
            if "NoncurrentVersionExpiration" in each and each["Status"] == "Enabled"
        ]
        return min(days, default=0)

    def clear_away(self) -> None:
        """Take back what successful attempts left beside the backups."""
        names = self.topology.names
        for site in SITES:
            ssm = self.client("ssm", site)
            left = (names.record_parameter(), names.lock_parameter(), names.authority_parameter())
            ssm.delete_parameters(Names=list(left))
            self.client("ec2", site).start_instances(InstanceIds=[self.instances[site]])
            self._detach(site)
            with contextlib.suppress(self.client("iam", site).exceptions.NoSuchEntityException):
                self.client("iam", site).delete_role_policy(
                    RoleName=names.server_role(site), PolicyName="more"
                )

    def _detach(self, site: SiteName) -> None:
        ec2, volume = self.client("ec2", site), self.volumes[site]
        (found,) = ec2.describe_volumes(VolumeIds=[volume])["Volumes"]
        for each in found["Attachments"]:
            ec2.detach_volume(VolumeId=volume, InstanceId=each["InstanceId"], Device=each["Device"])

    def _versions(self, site: SiteName, key: str) -> Iterator[str]:
        found = self.client("s3", site).list_object_versions(Bucket=self.bucket(site), Prefix=key)
        for each in found.get("Versions", ()):
            if each["Key"] == key:
                yield each["VersionId"]

    def _role(self, site: SiteName) -> str:
        return "agent" if self.topology.site(site).agents else "server"

    def _machine(self, site: SiteName, role: str) -> str:
        found = self.client("ec2", site).describe_instances(Filters=self._tags(site, role))
        return str(found["Reservations"][0]["Instances"][0]["InstanceId"])

    def _tags(self, site: SiteName, role: str) -> list[dict[str, Any]]:
        tags = {"system": self.topology.name, "site": site, "role": role}
        return [{"Name": f"tag:pgtwin:{key}", "Values": [value]} for key, value in tags.items()]
