"""The kinds that a k3s server serves by itself, and those that each operator chart brings."""

from drill.kubernetes.resource import Resource


def _resource(api_version: str, kind: str, **options: object) -> Resource:
    group, _, version = api_version.rpartition("/")
    lower = kind.lower()
    plural = f"{lower[:-1]}ies" if lower.endswith("cy") else f"{lower}s"
    plural = f"{lower}es" if lower.endswith("ss") else plural
    values = {"group": group, "version": version, "kind": kind, "plural": plural, **options}
    return Resource(**values)  # type: ignore[arg-type]


def _cluster_wide(api_version: str, kind: str, **options: object) -> Resource:
    return _resource(api_version, kind, namespaced=False, **options)


SERVED_BY_K3S = (
    _cluster_wide("v1", "Namespace", status=True, short_names=("ns",)),
    _cluster_wide("v1", "Node", status=True, short_names=("no",)),
    _cluster_wide("v1", "PersistentVolume", status=True, short_names=("pv",)),
    _resource("v1", "PersistentVolumeClaim", status=True, short_names=("pvc",)),
    _resource("v1", "Pod", status=True, short_names=("po",)),
    _resource("v1", "PodTemplate"),
    _resource("v1", "Service", status=True, short_names=("svc",)),
    _resource("v1", "Endpoints", plural="endpoints", short_names=("ep",)),
    _resource("v1", "ConfigMap", short_names=("cm",)),
    _resource("v1", "Secret"),
    _resource("v1", "ServiceAccount", short_names=("sa",)),
    _resource("v1", "Event", short_names=("ev",)),
    _resource("v1", "LimitRange"),
    _resource("v1", "ResourceQuota", status=True),
    _resource("apps/v1", "Deployment", status=True, short_names=("deploy",)),
    _resource("apps/v1", "DaemonSet", status=True, short_names=("ds",)),
    _resource("apps/v1", "StatefulSet", status=True, short_names=("sts",)),
    _resource("batch/v1", "Job", status=True),
    _resource("batch/v1", "CronJob", status=True, short_names=("cj",)),
    _resource("discovery.k8s.io/v1", "EndpointSlice"),
    _resource("networking.k8s.io/v1", "NetworkPolicy", short_names=("netpol",)),
    _resource("policy/v1", "PodDisruptionBudget", status=True, short_names=("pdb",)),
    _resource("rbac.authorization.k8s.io/v1", "Role"),
    _resource("rbac.authorization.k8s.io/v1", "RoleBinding"),
    _cluster_wide("rbac.authorization.k8s.io/v1", "ClusterRole"),
    _cluster_wide("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    _cluster_wide("storage.k8s.io/v1", "StorageClass", short_names=("sc",)),
    _cluster_wide("scheduling.k8s.io/v1", "PriorityClass", short_names=("pc",)),
    _resource("coordination.k8s.io/v1", "Lease"),
    _cluster_wide(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        status=True,
        short_names=("crd", "crds"),
    ),
    _resource("k3s.cattle.io/v1", "Addon", status=False),
    _resource("helm.cattle.io/v1", "HelmChart", status=True),
    _resource("helm.cattle.io/v1", "HelmChartConfig"),
)

CNPG = "postgresql.cnpg.io/v1"
CHART_RESOURCES: dict[str, tuple[Resource, ...]] = {
    "cloudnative-pg": (
        _resource(CNPG, "Cluster", status=True),
        _resource(CNPG, "Backup", status=True),
        _resource(CNPG, "ScheduledBackup", status=True),
        _resource(CNPG, "Pooler", status=True),
        _resource(CNPG, "Database", status=True),
        _resource(CNPG, "DatabaseRole", status=True),
        _resource(CNPG, "Publication", status=True),
        _resource(CNPG, "Subscription", status=True),
        _resource(CNPG, "ImageCatalog"),
        _resource(CNPG, "FailoverQuorum", status=True),
        _cluster_wide(CNPG, "ClusterImageCatalog"),
    ),
    "plugin-barman-cloud": (_resource("barmancloud.cnpg.io/v1", "ObjectStore", status=True),),
    "cert-manager": (
        _resource("cert-manager.io/v1", "Certificate", status=True),
        _resource("cert-manager.io/v1", "CertificateRequest", status=True),
        _resource("cert-manager.io/v1", "Issuer", status=True),
        _cluster_wide("cert-manager.io/v1", "ClusterIssuer", status=True),
    ),
}
"""By the name of the chart."""
