"""The ARNs of what a site's machines use, as strings: what they name may not exist yet."""

from dataclasses import dataclass

from topology.site import SiteName
from topology.topology import Topology

BOOTSTRAP_QUALIFIER = "hnb659fds"
"""What `cdk bootstrap` puts into the names of its buckets unless told otherwise."""


@dataclass(frozen=True, kw_only=True)
class SiteArns:
    """ARNs as one site needs them; the other site's are spelled out, not referred to."""

    topology: Topology
    site: SiteName
    account: str
    """The account id, or CloudFormation's token for it."""
    key: str | None = None
    """The ARN of the key of the site's own bucket and volumes, or CloudFormation's token for it.
    None where it cannot be known yet."""

    @property
    def other(self) -> SiteName:
        """The site that this one is not."""
        return self.topology.other(self.site)

    @property
    def own_key(self) -> str:
        """The same where it is known.

        Raises:
            ValueError: where it is not.
        """
        if self.key is None:
            raise ValueError(f"the key of {self.site} is not known here")
        return self.key

    @property
    def region(self) -> str:
        """Where the site is."""
        return self.topology.site(self.site).region

    def at(self, region: str, service: str, resource: str) -> str:
        """A resource in a region of the account."""
        return f"arn:aws:{service}:{region}:{self.account}:{resource}"

    def here(self, service: str, resource: str) -> str:
        """A resource in the site's own region."""
        return self.at(self.region, service, resource)

    def bucket(self, site: SiteName) -> str:
        """The backup bucket of a site."""
        name = self.topology.names.bucket(self.topology.site(site).bucket, self.account)
        return f"arn:aws:s3:::{name}"

    def log_bucket(self) -> str:
        """Where the access log of the site's own bucket goes."""
        name = self.topology.names.log_bucket(self.topology.site(self.site).bucket, self.account)
        return f"arn:aws:s3:::{name}"

    def objects(self, site: SiteName, prefix: str) -> str:
        """Everything under a prefix of a site's backup bucket."""
        return f"{self.bucket(site)}/{prefix}/*"

    def own_account(self) -> dict[str, dict[str, str]]:
        """The condition that a bucket is the account's own: whoever took its name gets nothing."""
        return {"StringEquals": {"aws:ResourceAccount": self.account}}

    def secret(self, name: str) -> str:
        """A secret of the site's region; AWS ends its ARN with six characters of its own."""
        return self.here("secretsmanager", f"secret:{name}-??????")

    def secrets(self) -> str:
        """Every secret of the system in the site's region."""
        return self.here("secretsmanager", f"secret:{self.topology.names.system}/*")

    def parameter(self, name: str) -> str:
        """A parameter of the site's region."""
        return self.here("ssm", f"parameter{name}")

    def tags(self, key: str) -> dict[str, str]:
        """The tags of the site's machines and volumes, under a condition key such as `key`."""
        return {f"{key}/pgtwin:system": self.topology.name, f"{key}/pgtwin:site": self.site}

    def assets(self) -> str:
        """The bundles in the bucket that `cdk bootstrap` made in the site's region."""
        bucket = f"cdk-{BOOTSTRAP_QUALIFIER}-assets-{self.account}-{self.region}"
        return f"arn:aws:s3:::{bucket}/*.zip"

    def k3s_mirror(self) -> tuple[str, ...]:
        """Where k3s is fetched from instead of GitHub, if anywhere."""
        mirror = self.topology.versions.k3s.mirror
        return (f"{mirror.replace('s3://', 'arn:aws:s3:::')}/*",) if mirror else ()
