"""Which object: enough to find it again when its manifest is gone."""

from dataclasses import asdict, dataclass

from host.kubernetes.kubectl import Object

CAN_LOSE_NO_DATA = frozenset(
    (
        ("", "ConfigMap"),
        ("", "PodTemplate"),
        ("", "Service"),
        ("", "ServiceAccount"),
        ("batch", "CronJob"),
        ("monitoring.coreos.com", "PodMonitor"),
        ("monitoring.coreos.com", "PrometheusRule"),
        ("networking.k8s.io", "NetworkPolicy"),
        ("policy", "PodDisruptionBudget"),
        ("postgresql.cnpg.io", "Pooler"),
        ("postgresql.cnpg.io", "ScheduledBackup"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
    )
)
"""The kinds that `apply` deletes when they leave the bundle. Deleting any of them takes no row, no
WAL segment, no backup and no password with it; whatever is not in this list stays."""


@dataclass(frozen=True, kw_only=True, order=True)
class ObjectId:
    """Group, kind, namespace (empty for those without) and name."""

    group: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, item: Object) -> "ObjectId":
        """The id of an object."""
        group, slash, _ = item["apiVersion"].partition("/")
        metadata = item["metadata"]
        return cls(
            group=group if slash else "",
            kind=item["kind"],
            namespace=metadata.get("namespace", ""),
            name=metadata["name"],
        )

    @property
    def resource(self) -> str:
        """How kubectl is told the kind."""
        kind = self.kind.lower()
        return f"{kind}.{self.group}" if self.group else kind

    @property
    def can_lose_data(self) -> bool:
        """Whether deleting it could lose anything but itself."""
        return (self.group, self.kind) not in CAN_LOSE_NO_DATA

    def document(self) -> dict[str, str]:
        """As it is stored in the inventory."""
        return asdict(self)

    def __str__(self) -> str:
        """For messages."""
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {where}{self.name}"
