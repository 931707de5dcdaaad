"""The rules of CloudNativePG's webhook that a two-site system can break."""

from typing import Any

from drill.kubernetes.resource import Object
from drill.kubernetes.status_error import StatusError
from drill.kubernetes.token_admission import objection
from drill.kubernetes.write_request import WriteRequest

_DEFAULT_DATABASE = "app"


def admit_cluster(request: WriteRequest) -> None:
    """Default and judge a Cluster.

    Raises:
        StatusError: 422 with every broken rule.
    """
    if request.resource.kind != "Cluster" or request.subresource:
        return
    spec = request.new.get("spec", {})
    _default_recovery(spec)
    problems = [
        *_bootstrap(spec),
        *_replica(spec, request.name, is_new=request.old is None),
        *_token(spec, request.name),
        *_role(request.new, request.old),
        *_synchronous(spec),
        *_archiver(spec),
        *_storage(spec, (request.old or {}).get("spec", {})),
    ]
    if problems:
        raise StatusError.invalid(request.resource, request.name, *problems)


def is_replica(spec: Object, name: str) -> bool:
    """Whether a Cluster of this name follows another one."""
    replica = spec.get("replica") or {}
    if "enabled" in replica:
        return bool(replica["enabled"])
    primary = replica.get("primary")
    return bool(primary) and primary != (replica.get("self") or name)


def _default_recovery(spec: Object) -> None:
    recovery = (spec.get("bootstrap") or {}).get("recovery")
    if recovery is not None:
        recovery.setdefault("database", _DEFAULT_DATABASE)
        recovery.setdefault("owner", recovery["database"])


def _bootstrap(spec: Object) -> list[str]:
    methods = sorted(spec.get("bootstrap") or {})
    if len(methods) > 1:
        return [f"spec.bootstrap: Invalid value: only one bootstrap method, not {methods}"]
    return []


def _replica(spec: Object, name: str, *, is_new: bool) -> list[str]:
    replica = spec.get("replica")
    if not replica:
        return []
    problems = []
    if "enabled" in replica and replica.get("primary"):
        problems.append("spec.replica.enabled: Invalid value: cannot be set together with primary")
    known = {each["name"] for each in spec.get("externalClusters") or ()}
    for field in ("self", "primary", "source"):
        value = replica.get(field)
        if value and value not in known:
            problems.append(
                f'spec.replica.{field}: Invalid value: "{value}": External cluster not found'
            )
    following = is_replica(spec, name)
    if (
        following
        and is_new
        and not {"recovery", "pg_basebackup"} & set(spec.get("bootstrap") or {})
    ):
        problems.append(
            "spec.replica: Invalid value: replica mode bootstrap is compatible only with "
            "pg_basebackup or recovery"
        )
    return problems


def _token(spec: Object, name: str) -> list[str]:
    token = (spec.get("replica") or {}).get("promotionToken")
    if not token:
        return []
    if is_replica(spec, name):
        problem: str | None = "promotionToken is only allowed for primary clusters"
    else:
        problem = objection(token)
    return [f"spec.replicaCluster.token: Invalid value: {problem}"] if problem else []


def _role(new: Object, old: Object | None) -> list[str]:
    """cloudnative-pg v1.30.0 internal/webhook/v1/cluster_webhook.go:2004."""
    name = new["metadata"]["name"]
    status = new.get("status") or {}
    switching = (status.get("switchReplicaClusterStatus") or {}).get("inProgress")
    before = old["spec"] if old else new["spec"]
    if not switching or is_replica(new["spec"], name) == is_replica(before, name):
        return []
    return [
        "spec.replica.enabled: Forbidden: cannot modify the field while there is an ongoing "
        "operation to enable the replica cluster"
    ]


def _synchronous(spec: Object) -> list[str]:
    synchronous = (spec.get("postgresql") or {}).get("synchronous")
    if synchronous and synchronous["number"] >= spec.get("instances", 1):
        return [
            "spec.postgresql.synchronous.number: Invalid value: must be less than the number of "
            "instances"
        ]
    return []


def _archiver(spec: Object) -> list[str]:
    archivers = [p for p in spec.get("plugins") or () if p.get("isWALArchiver")]
    return ["spec.plugins: Invalid value: only one plugin can be WAL archiver"] * (
        len(archivers) > 1
    )


def _storage(spec: Object, before: dict[str, Any]) -> list[str]:
    if before.get("walStorage") and not spec.get("walStorage"):
        return ["spec.walStorage: Invalid value: walStorage cannot be disabled once configured"]
    return []
