"""What an `apply` is going to do: pure, from the bundle and from what was applied before.

What always holds: the plan deletes only kinds that can lose no data, never a Cluster, a claim, a
Namespace, a Secret or an ObjectStore, and nothing that is in the bundle.
"""

from dataclasses import dataclass

from host.apply.manifest import Manifest
from host.kubernetes.kubectl import Object
from host.kubernetes.object_id import ObjectId

MONITORING = "monitoring.coreos.com"


@dataclass(frozen=True, kw_only=True)
class ApplyPlan:
    """In the order in which it happens."""

    charts: tuple[Manifest, ...]
    """For k3s' folder."""
    namespaces: tuple[Object, ...]
    """Applied before anything can be tried in them."""
    objects: tuple[Object, ...]
    """In dependency order: that of the bundle."""
    deletions: tuple[ObjectId, ...]
    orphans: tuple[ObjectId, ...]
    """Left the bundle and stay, since deleting them could lose data."""

    @classmethod
    def make(
        cls, manifests: tuple[Manifest, ...], before: frozenset[ObjectId], *, monitoring: bool
    ) -> "ApplyPlan":
        """The plan; `monitoring` says whether that API exists in the cluster."""
        items = [
            item for manifest in manifests if not manifest.is_charts for item in manifest.items
        ]
        if not monitoring:
            items = [item for item in items if ObjectId.of(item).group != MONITORING]
            before = frozenset(known for known in before if known.group != MONITORING)
        gone = sorted(before - {ObjectId.of(item) for item in items})
        return cls(
            charts=tuple(manifest for manifest in manifests if manifest.is_charts),
            namespaces=tuple(item for item in items if item["kind"] == "Namespace"),
            objects=tuple(item for item in items if item["kind"] != "Namespace"),
            deletions=tuple(object_id for object_id in gone if not object_id.can_lose_data),
            orphans=tuple(object_id for object_id in gone if object_id.can_lose_data),
        )

    @property
    def ids(self) -> frozenset[ObjectId]:
        """Every object that it applies."""
        return frozenset(map(ObjectId.of, (*self.namespaces, *self.objects)))

    @property
    def operator_namespaces(self) -> tuple[str, ...]:
        """Where the charts install their Deployments."""
        charts = [item for manifest in self.charts for item in manifest.items]
        return tuple(sorted({item["spec"]["targetNamespace"] for item in charts}))
