"""The rules of CloudNativePG's webhook that a two-site system can break, in its own words.

From cloudnative-pg v1.30.0 internal/webhook/v1/cluster_webhook.go; `tests/contract` compares them.
"""

from drill.kubernetes.admission.cluster_values import (
    invalid,
    refused_image,
    refused_major,
    refused_parameters,
    refused_shrinking,
    refused_sizes,
    refused_token,
)
from drill.kubernetes.objects.write_request import WriteRequest
from drill.kubernetes.resource import Object
from drill.kubernetes.status_error import StatusError

_DEFAULT_DATABASE = "app"
_TOKEN = "spec.replicaCluster.token"  # noqa: S105 (the name of a field)
_LONGEST_NAME = 50
_OTHERS = {"source": "primaryServerName", "self": "self", "primary": "primary"}
"""The fields of `spec.replica` that name an external cluster, and what the webhook calls each."""


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
        *_certificates(spec),
        *_bootstrap(spec),
        *refused_image(spec),
        *refused_sizes(spec),
        *_name(request.name),
        *_replica(spec, request.name, is_new=request.old is None),
        *refused_parameters(spec),
        *_synchronous(spec),
        *_token(spec, request.name),
        *_archiver(spec),
        *_changes(request.new, request.old, request.name),
    ]
    if problems:
        raise StatusError.invalid(request.resource, request.name, *problems)


def is_replica(spec: Object, name: str) -> bool:
    """Whether a Cluster of this name follows another one (v1.30.0 api/v1/cluster_funcs.go)."""
    replica = spec.get("replica") or {}
    if "enabled" in replica:
        return bool(replica["enabled"])
    return bool(replica) and replica.get("primary") != (replica.get("self") or name)


def _default_recovery(spec: Object) -> None:
    recovery = (spec.get("bootstrap") or {}).get("recovery")
    if recovery is not None:
        recovery.setdefault("database", _DEFAULT_DATABASE)
        recovery.setdefault("owner", recovery["database"])


def _bootstrap(spec: Object) -> list[str]:
    several = len(spec.get("bootstrap") or {}) > 1
    told = "spec.bootstrap: Forbidden: Only one bootstrap method can be specified at a time"
    return [told] if several else []


def _name(name: str) -> list[str]:
    told = "the maximum length of a cluster name is 50 characters"
    return [invalid("metadata.name", name, told)] if len(name) > _LONGEST_NAME else []


def _replica(spec: Object, name: str, *, is_new: bool) -> list[str]:
    replica = spec.get("replica")
    if not replica:
        return []
    problems = []
    if "enabled" in replica and replica.get("primary"):
        told = "replica mode enabled is not compatible with the primary field"
        problems.append(f"spec.replicaCluster.enabled: Forbidden: {told}")
    clones = {"recovery", "pg_basebackup"} & set(spec.get("bootstrap") or {})
    if is_replica(spec, name) and is_new and not clones:
        told = "replica mode bootstrap is compatible only with pg_basebackup or recovery"
        problems.append(invalid("spec.replicaCluster", replica.get("primary", ""), told))
    known = {each["name"] for each in spec.get("externalClusters") or ()}
    for field, called in _OTHERS.items():
        value = replica.get(field, "")
        if value not in known and (value or field == "source"):
            told = f"External cluster {value} not found"
            problems.append(invalid(f"spec.replicaCluster.{called}", value, told))
    return problems


def _token(spec: Object, name: str) -> list[str]:
    token = (spec.get("replica") or {}).get("promotionToken")
    if not token:
        return []
    if is_replica(spec, name):
        return [invalid(_TOKEN, token, "promotionToken is only allowed for primary clusters")]
    problem = refused_token(token)
    return [invalid(_TOKEN, token, problem)] if problem else []


def _synchronous(spec: Object) -> list[str]:
    synchronous = (spec.get("postgresql") or {}).get("synchronous")
    if not synchronous:
        return []
    number, where = synchronous["number"], "spec.postgresql.synchronous"
    outside = sum(len(synchronous.get(f"standbyNames{which}") or ()) for which in ("Pre", "Post"))
    problems = []
    if number >= spec.get("instances", 1) + outside:
        told = (
            "Invalid synchronous configuration: the number of synchronous replicas must be less "
            "than the total number of instances and the provided standby names."
        )
        problems.append(invalid(where, synchronous, told))
    if synchronous.get("failoverQuorum") and number <= outside:
        told = (
            f"Invalid failoverQuorum configuration: {where}.number must be greater than the total "
            f"number of instances in {where}.standbyNamesPre and {where}.standbyNamesPost to allow "
            "automatic failover."
        )
        problems.append(invalid(where, synchronous, told))
    return problems


def _certificates(spec: Object) -> list[str]:
    certificates = spec.get("certificates") or {}
    where, problems = "spec.certificates", []
    if certificates.get("serverTLSSecret"):
        names = certificates.get("serverAltDNSNames")
        if names:
            told = (
                "Server alternative DNS names can't be defined when server TLS secret is provided"
            )
            problems.append(invalid(f"{where}.serveraltdnsnames", f"[{' '.join(names)}]", told))
        if not certificates.get("serverCASecret"):
            told = "Server CA secret can't be empty when server TLS secret is provided"
            problems.append(invalid(f"{where}.servercasecret", "", told))
    if certificates.get("replicationTLSSecret") and not certificates.get("clientCASecret"):
        told = "Client CA secret can't be empty when client replication secret is provided"
        problems.append(invalid(f"{where}.clientcasecret", "", told))
    return problems


def _archiver(spec: Object) -> list[str]:
    archivers = [p["name"] for p in spec.get("plugins") or () if p.get("isWALArchiver")]
    told = "Cannot enable more than one WAL archiver plugin"
    return [invalid("spec.plugins", archivers, told)] if len(archivers) > 1 else []


def _changes(new: Object, old: Object | None, name: str) -> list[str]:
    if old is None:
        return []
    spec, before = new.get("spec", {}), old.get("spec", {})
    problems = [*refused_major(new, old), *refused_shrinking(spec, before)]
    if before.get("walStorage") and not spec.get("walStorage"):
        told = "walStorage cannot be disabled once configured"
        problems.append(f"spec.walStorage: Invalid value: null: {told}")
    switching = (old.get("status", {}).get("switchReplicaClusterStatus") or {}).get("inProgress")
    if switching and is_replica(spec, name) != is_replica(before, name):
        problems.append(
            "spec.replica.enabled: Forbidden: cannot modify the field while there is an ongoing "
            "operation to enable the replica cluster"
        )
    return problems
