"""One of the two sites: a region with its network, machines, cluster and bucket."""

from typing import Annotated, Literal

from pydantic import Field

from topology.database import Parameters
from topology.frozen import Frozen, Pattern
from topology.instance_types import Architecture, InstanceType
from topology.regions import REGIONS
from topology.third_copy import ThirdCopy

SiteName = Literal["primary", "dr"]
SITES: tuple[SiteName, SiteName] = ("primary", "dr")
LEAST_FOR_QUORUM = 3
"""With two instances, a commit that must be on both would wait for the one that is lost."""
ROOT_VOLUME_GIB = 30
"""Ubuntu, container images and logs; the database and etcd are on the data volume."""

Region = Annotated[
    str,
    Pattern(
        "|".join(REGIONS),
        "a region of the commercial partition, such as eu-west-1 (topology/regions.txt has them)",
    ),
]
Zone = Annotated[str, Pattern(r"[a-z]{2}(-[a-z]+)+-\d[a-z]", "a zone such as eu-west-1a")]
Cidr = Annotated[
    str, Pattern(r"\d{1,3}(\.\d{1,3}){3}/\d{1,2}", "an IPv4 network such as 10.0.0.0/16")
]
KubernetesName = Annotated[
    str,
    Pattern(
        r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?",
        "1 to 40 lower-case letters, digits and hyphens, beginning with a letter",
    ),
]
IssuerBucket = Annotated[
    str,
    Pattern(
        "(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9](?<!-s3alias)(?<!--ol-s3)",
        "the name of a bucket that nobody has, 3 to 63 lower-case letters, digits and hyphens, and "
        "none that S3 keeps for itself",
    ),
]
"""Amazon S3 User Guide, "General purpose bucket naming rules"; without dots, for TLS."""
Ami = Annotated[
    str,
    Pattern(
        "ami-([0-9a-f]{8}|[0-9a-f]{17})",
        "an image id such as ami-0123456789abcdef0, of 17 hexadecimal digits or an old one of 8",
    ),
]
"""EC2 User Guide, "Resource IDs"."""


def other_site(name: SiteName) -> SiteName:
    """The site that `name` is not."""
    return "dr" if name == "primary" else "primary"


class RemadeMachine(Frozen):
    """A machine that is recreated, one at a time: `pgtwin replace` writes it, the deployment does.

    Its data volume, its name and its zone stay.
    """

    generation: Annotated[int, Field(ge=2, le=999)]
    """Another number is another machine."""
    ami: Ami | None = None
    """Its own image; without one it has the site's."""
    instance_type: str | None = None
    """Likewise; what the database gets of a machine goes by the site's."""


class Site(Frozen):
    """A region's share of the system."""

    region: Region
    zones: Annotated[tuple[Zone, ...], Field(min_length=1, max_length=6, strict=False)]
    """Listed by name: a count would be cut to two zones while no account is known."""
    cidr: Cidr
    cluster: KubernetesName
    instances: Annotated[int, Field(ge=1, le=9)]
    servers: Annotated[int, Field(ge=1, le=7)]
    agents: Annotated[int, Field(ge=0, le=20)]
    """Machines that run only the database. With none, the servers run it too."""
    instance_type: str
    architecture: Architecture
    data_volume_gib: Annotated[int, Field(ge=10, le=65536)]
    """Up to what a gp3 volume may have, which the CDK checks too."""
    bucket: str
    issuer_bucket: IssuerBucket | None = None
    """With it the site is an issuer of tokens that AWS trusts, for roles of its pods: everybody
    reads its public keys in this bucket. Off, because most organisations block public buckets for a
    whole account. The whole name: IAM has it in names of conditions, where no template can put an
    account's id."""
    third_copy: ThirdCopy | None = None
    """Where S3 copies this site's backups to, in another account, whatever happens to this one."""
    parameters: Annotated[Parameters, Field(default_factory=dict)]
    """PostgreSQL settings of this site only, over those of the database."""
    ami: Ami | None = None
    """The machine image, written by `make pin-ami`. Without it the templates can be reviewed but
    not deployed: an image looked up at each deploy would replace machines unasked. A change
    replaces every machine without an entry in `machines` at once: see docs/upgrade.md."""
    machines: Annotated[dict[str, RemadeMachine], Field(default_factory=dict)]
    """By node name, such as agent-1; all others are of the first generation."""
    nat_gateways: Annotated[int, Field(ge=1, le=6)] = 1
    """One is enough for the database to keep running; a zone's loss then costs outbound access."""
    termination_protection: bool = True
    """Machines and stacks refuse deletion once `pgtwin protect` ran, which `make deploy` ends with.
    Never before the site is ready: protected machines cannot be rolled back."""
    client_cidrs: Annotated[tuple[Cidr, ...], Field(strict=False)] = ()
    """Networks that may reach port 5432; none means the site's own VPC."""

    @property
    def machine(self) -> InstanceType:
        """What `instance_type` offers."""
        machine = InstanceType.named(self.instance_type)
        if machine is None:
            raise ValueError(f"unknown instance type {self.instance_type}")
        return machine

    @property
    def admitted_networks(self) -> tuple[Cidr, ...]:
        """Networks whose clients may reach port 5432."""
        return self.client_cidrs or (self.cidr,)

    def generation(self, node: str) -> int:
        """How many machines there were of a node's name, this one included."""
        remade = self.machines.get(node)
        return remade.generation if remade else 1

    def image(self, node: str) -> Ami | None:
        """The image of a node's machine."""
        remade = self.machines.get(node)
        return (remade.ami if remade else None) or self.ami

    def type_of(self, node: str) -> str:
        """The instance type of a node's machine."""
        remade = self.machines.get(node)
        return (remade.instance_type if remade else None) or self.instance_type

    @property
    def issuer(self) -> str | None:
        """What the site calls itself in tokens of its pods, without a scheme, as IAM names it."""
        bucket = self.issuer_bucket
        return f"{bucket}.s3.{self.region}.amazonaws.com" if bucket else None

    @property
    def built_once(self) -> dict[str, str | list[str]]:
        """What a site that stands keeps, as JSON.

        With another network or other zones every machine is another one at once, another bucket has
        none of the backups, another cluster none of the data. An API server refuses tokens of an
        issuer that it does not know, and servers restart one after the other.
        """
        return {
            "cidr": self.cidr,
            "zones": list(self.zones),
            "bucket": self.bucket,
            "cluster": self.cluster,
            "issuer_bucket": self.issuer_bucket or "",
        }

    @property
    def database_nodes(self) -> int:
        """How many machines may run a database instance."""
        return self.agents or self.servers
