"""What a Cluster object says, in the words of this program."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from host.kubernetes.kubectl import Object

KIND = "clusters.postgresql.cnpg.io"
BACKUPS = "backups.postgresql.cnpg.io"
SCHEDULED_BACKUPS = "scheduledbackups.postgresql.cnpg.io"
PLUGIN = "barman-cloud.cloudnative-pg.io"
HEALTHY = "Cluster in healthy state"
UNRECOVERABLE = "Cluster is unrecoverable and needs manual intervention"
"""CloudNativePG's words, api/v1/cluster_types.go of 1.30."""
FENCED = "cnpg.io/fencedInstances"
DEMOTION_TOKEN = "pgtwin/demotion-token"  # noqa: S105 (an annotation's name)
TOKEN_BEFORE = "pgtwin/demotion-token-before"  # noqa: S105
PROMOTED_IN_EPOCH = "pgtwin/promoted-in-epoch"
RESTORED = "pgtwin/restored"


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A read-only view of one Cluster object."""

    item: Object

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.item["metadata"]["name"])

    @property
    def created(self) -> datetime:
        """When it was made, in UTC."""
        return datetime.fromisoformat(self.item["metadata"]["creationTimestamp"])

    @property
    def resource_version(self) -> str:
        """What an optimistic write has to name."""
        return str(self.item["metadata"]["resourceVersion"])

    @property
    def is_writer(self) -> bool:
        """Whether it is told to accept writes, in CloudNativePG's own reading of `replica`."""
        replica = self.replica
        if "enabled" in replica:
            return not replica["enabled"]
        return not replica or replica.get("self", self.name) == replica.get("primary")

    @property
    def replica(self) -> Object:
        """Its `spec.replica`; empty where it stands alone."""
        return dict(self._spec.get("replica") or {})

    @property
    def promotion_token(self) -> str | None:
        """The token that it is being promoted with."""
        return self.replica.get("promotionToken") or None

    @property
    def server_name(self) -> str:
        """Where in its store it archives."""
        return server_name(self.item)

    @property
    def fenced(self) -> bool:
        """Whether PostgreSQL is kept from running in every instance."""
        return "*" in (self.annotation(FENCED) or "")

    @property
    def instances(self) -> int:
        """How many instances it is told to have."""
        return int(self._spec.get("instances", 1))

    @property
    def phase(self) -> str:
        """The operator's verdict."""
        return str(self.status("phase") or "")

    @property
    def healthy(self) -> bool:
        """All instances ready and nothing under way."""
        return self.phase == HEALTHY and self.status("readyInstances") == self.instances

    @property
    def switching(self) -> bool:
        """Whether the operator is turning a writer into a replica or back."""
        return bool((self.status("switchReplicaClusterStatus") or {}).get("inProgress"))

    @property
    def primary_pod(self) -> str | None:
        """The instance that leads: the writer, or the designated primary of a replica."""
        return self.status("currentPrimary") or None

    def annotation(self, name: str) -> str | None:
        """The value of an annotation."""
        value: str | None = self.item["metadata"].get("annotations", {}).get(name)
        return value

    def status(self, field: str) -> Any:
        """A field of the status; None where the operator has not set it."""
        return self.item.get("status", {}).get(field)

    def condition(self, kind: str) -> Object | None:
        """One condition of the status."""
        found = (item for item in self.status("conditions") or () if item["type"] == kind)
        return next(found, None)

    @property
    def _spec(self) -> Object:
        return dict(self.item["spec"])


def server_name(item: Object) -> str:
    """Where a Cluster object archives.

    The plugin takes the cluster's own name where none is given.
    """
    for plugin in item["spec"].get("plugins", ()):
        if plugin["name"] == PLUGIN:
            return str(plugin.get("parameters", {}).get("serverName", item["metadata"]["name"]))
    return str(item["metadata"]["name"])
