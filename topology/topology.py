"""The whole system: one database, two sites."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import model_validator

from topology.backups import Backups
from topology.database import Database
from topology.frozen import Frozen, Pattern
from topology.names import Names
from topology.refused import Refused
from topology.rpo import Rpo
from topology.rules import problems
from topology.site import SITES, Site, SiteName, other_site
from topology.versions import POSTGRES_IMAGES, Versions

SystemName = Annotated[
    str,
    Pattern(
        r"[a-z]([-a-z0-9]{0,22}[a-z0-9])?",
        "1 to 24 lower-case letters, digits and hyphens, beginning with a letter",
    ),
]
Replication = Literal["archive", "streaming", "synchronous"]
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = "[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?"
Email = Annotated[
    str,
    Pattern(
        rf"(?=[^@]{{1,64}}@.{{1,253}}$){_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})+",
        "an e-mail address such as oncall@example.org",
    ),
]
"""RFC 5322 (dot-atom) and RFC 5321 (lengths, names of hosts), without quoted and Unicode forms."""


class Topology(Frozen):
    """What to build. An instance that exists has passed every rule.

    Raises:
        Refused: when a rule does not hold; it carries every problem.
    """

    name: SystemName
    """Prefix of every name in the account, so that two systems can share one."""
    writer: SiteName
    """The site that holds the writer when nothing has been promoted."""
    replication: Replication = "archive"
    """How the other site gets the writer's WAL. `archive`: from the bucket alone, which costs up to
    `archive_timeout_seconds` and an upload when a region is lost. `streaming`: over a private path
    between the two VPCs, which `pgtwin link` makes, and from the archive while that is away.
    `synchronous`: streaming, and a commit returns when the other region has it too."""
    rpo: Rpo | None = None
    """With `synchronous`: how long commits wait for a region that acknowledges nothing, before they
    go on without it, degraded. `0`: forever."""
    database: Database
    backups: Backups
    primary: Site
    dr: Site
    versions: Versions = Versions()
    adopt_secrets: bool = False
    """The primary's stack takes the users' passwords and the authority as they are, and makes none.
    For one that is recreated beside a DR site that stands; once set it stays, as CloudFormation
    makes nothing whose name is taken."""
    alarm_email: Email | None = None
    """Who gets the alarms by e-mail; without it they go to the SNS topics only."""

    @model_validator(mode="after")
    def _obeys_the_rules(self) -> "Topology":
        found = problems(self)
        if found:
            raise Refused(found)
        return self

    @property
    def names(self) -> Names:
        """The names that this system's parts share."""
        return Names(self.name)

    @property
    def postgres_image(self) -> str:
        """The PostgreSQL image of both sites, by tag and digest."""
        return POSTGRES_IMAGES[self.database.postgres]

    def site(self, name: SiteName) -> Site:
        """The site called `name`."""
        return self.primary if name == "primary" else self.dr

    @property
    def streams(self) -> bool:
        """Whether the site that follows asks the writer itself, and the archive where it must."""
        return self.replication != "archive"

    @property
    def waits_for_the_other_region(self) -> bool:
        """Whether a commit returns only when the site that follows has it too."""
        return self.replication == "synchronous"

    def stream_of(self, name: SiteName) -> Site | None:
        """The site at the other end of the stream of `name`; None where only archives are read."""
        return self.site(other_site(name)) if self.streams else None

    def sites(self) -> Iterator[tuple[SiteName, Site]]:
        """Both sites with their names, the primary first."""
        return ((name, self.site(name)) for name in SITES)

    def nodes(self, name: SiteName) -> tuple[str, ...]:
        """The node names of a site's machines, servers first."""
        here, names = self.site(name), self.names
        return (
            *(names.server_node(index + 1) for index in range(here.servers)),
            *(names.agent_node(index + 1) for index in range(here.agents)),
        )

    def zones(self, name: SiteName) -> dict[str, str]:
        """Where each node of a site stands: each role is spread over the zones in turn."""
        here, nodes = self.site(name), self.nodes(name)
        roles = (nodes[: here.servers], nodes[here.servers :])
        return {
            node: here.zones[index % len(here.zones)]
            for role in roles
            for index, node in enumerate(role)
        }

    def other(self, name: SiteName) -> SiteName:
        """The site that `name` is not."""
        return other_site(name)

    def parameters(self, name: SiteName) -> dict[str, str]:
        """The PostgreSQL settings of a site: the database's, under the site's own.

        PostgreSQL reads a name in any case, so that `timezone` of a site is over `TimeZone`.
        """
        own = self.site(name).parameters
        said = {each.lower() for each in own}
        common = self.database.parameters.items()
        return {**{each: value for each, value in common if each.lower() not in said}, **own}
