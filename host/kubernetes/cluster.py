"""What a Cluster object says, in the words of this program."""

import json
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
ALL_INSTANCES = json.dumps(["*"])
PAUSED = "cnpg.io/reconciliationLoop"
"""`disabled` lets CloudNativePG's operator leave the Cluster alone; the instance managers go on
(v1.30.0 pkg/utils/labels_annotations.go:165)."""
DEMOTION_TOKEN = "pgtwin/demotion-token"  # noqa: S105 (an annotation's name)
TOKEN_BEFORE = "pgtwin/demotion-token-before"  # noqa: S105
PROMOTED_IN_EPOCH = "pgtwin/promoted-in-epoch"
CONFIRMED_IN_EPOCH = "pgtwin/confirmed-in-epoch"
"""The epoch whose promotion is over for good: its token is spent and is never asked for again."""
UPGRADING_TO = "pgtwin/upgrading-to"
"""The major version that PostgreSQL was stopped for: it says whose fence it is."""
DEGRADED_SINCE = "pgtwin/degraded-since"
"""Since when commits may go on without the other region: `host/writer/region_guard.py`."""
COVERED_UNTIL = "pgtwin/covered-until"
"""Until when the other region has every commit, where the guard let commits go
(`host/writer/region_note.py`)."""
NUDGED = "pgtwin/nudged"
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
    def uid(self) -> str:
        """What tells it from another of the same name."""
        return str(self.item["metadata"]["uid"])

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
    def plugins(self) -> list[Object]:
        """Its plugins, the one that archives among them."""
        return list(self._spec.get("plugins") or ())

    @property
    def external_clusters(self) -> list[Object]:
        """The clusters that it knows, itself among them."""
        return list(self._spec.get("externalClusters") or ())

    def server_name_of(self, peer: str) -> str:
        """Where in its store the external cluster `peer` archives, as this one knows it."""
        for external in self.external_clusters:
            if external["name"] == peer:
                return str(external["plugin"]["parameters"].get("serverName", peer))
        return peer

    def store_of(self, peer: str) -> str | None:
        """The ObjectStore of the external cluster `peer`; None where none is named."""
        for external in self.external_clusters:
            if external["name"] == peer:
                return str(external["plugin"]["parameters"]["barmanObjectName"])
        return None

    @property
    def stopped(self) -> bool:
        """Whether PostgreSQL is kept from running in every instance, by whomever."""
        return "*" in (self.annotation(FENCED) or "")

    @property
    def demoting(self) -> bool:
        """Whether a demotion has begun and its token is not there yet.

        The operator itself fences every instance for that long (v1.30.0
        pkg/reconciler/replicaclusterswitch/reconciler.go, recording 03).
        """
        if self.is_writer:
            return False
        before = self.annotation(TOKEN_BEFORE)
        asked = before is not None and not self.annotation(DEMOTION_TOKEN)
        return self.switching or (asked and (self.status("demotionToken") or before) == before)

    @property
    def fenced(self) -> bool:
        """Whether PostgreSQL is kept from running on purpose, not by the operator's own fence."""
        return self.stopped and not self.demoting

    @property
    def paused(self) -> bool:
        """Whether the operator leaves this Cluster alone."""
        return self.annotation(PAUSED) == "disabled"

    @property
    def token_is_spent(self) -> bool:
        """Whether the operator confirms that it promoted with the token that is in the spec.

        It forgets that 0.2 to 0.9 s after the spec has no token (v1.30.0
        internal/controller/cluster_status.go:345, recording 03).
        """
        return self.promotion_token is not None and (
            self.status("lastPromotionToken") == self.promotion_token
        )

    @property
    def synchronous(self) -> Object | None:
        """Whom a commit waits for; None where for nobody."""
        section: Object | None = (self._spec.get("postgresql") or {}).get("synchronous")
        return section

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

    @property
    def pods(self) -> tuple[str, ...]:
        """All instances."""
        return tuple(self.status("instanceNames") or ())

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
