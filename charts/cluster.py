"""The database of a site, as one half of CloudNativePG's distributed topology.

What always holds:

- Both sites name both clusters and both archives, so either can be demoted and promoted by changing
  `replica` alone, and no step ever has to teach a site about the other.
- `serverName` is written out everywhere: left out it means the local cluster's name, and a site
  would look for the other's archive in a folder that does not exist.
- `bootstrap.recovery` names database, owner and secret: left out, a promotion would make a user
  called `app` and leave the real one without its password.
- Both sites' certificates are of one authority, made by the host program, so that clients and the
  sites themselves verify each other by one bundle. Left to the operator, each Cluster would make an
  authority of its own, and a new one whenever it is cloned again.
- With three instances or more, a commit waits until a second one has it, and a standby is promoted
  within the site only where a quorum proves that it has every commit (`charts/synchronous.py`).
"""

from typing import Any

import cdk8s
from constructs import Construct

from charts.bootstrap import bootstrap, user_secret
from charts.custom_resource import CustomResource
from charts.heartbeat import CONFIG_MAP, KEY, Heartbeat
from charts.postgres_parameters import machine_share, postgres_parameters
from charts.storage_class import claims
from charts.stream import stream_from
from charts.synchronous import standby_list
from topology.names import (
    AUTHORITY_CERTIFICATES,
    DUMP_USER,
    POSTGRES_NAMESPACE,
    SERVER_CERTIFICATE,
    STORES,
    STREAMING_CERTIFICATE,
    WRITER_NODE_PORT,
)
from topology.site import SITES, Site, SiteName
from topology.topology import Topology

PLUGIN = "barman-cloud.cloudnative-pg.io"
DATABASE_NODES = {"workload": "postgres"}
WRITER_SERVICE = "postgres-writer"
SMART_SHUTDOWN_SECONDS = 0
"""A stop does not wait for clients to leave by themselves. While it waits PostgreSQL refuses new
connections, and an application's pool never leaves: of the 24 s that a deleted primary pod cost,
10 s were this (recording pod-deleted-3-instances), and so it was at every restart after a
promotion. Clients are told when they are cut, as in every failover. cloudnative-pg v1.30.0
pkg/management/postgres/instance.go, TryShuttingDownSmartFast."""
STOP_SECONDS = 90
"""What the kubelet leaves to the pod, inside the 100 s that the host program has it leave to pods
when the machine goes down. PostgreSQL has less: with no smart phase the only one is the fast one,
which ends with pg_ctl's own 60 s. What is not archived by then waits on the volume for the next
start. No setting of ours reaches pg_ctl: names that begin with PG are the operator's alone
(cloudnative-pg v1.30.0 pkg/postgres/environment.go)."""
PRIMARY_LEASE = {
    "leaseDurationSeconds": 5,
    "renewDeadlineSeconds": 3,
    "retryPeriodSeconds": 1,
    "releasedLeaseDurationSeconds": 1,
}
"""How long an elected standby watches the lost primary's lease before it promotes itself; 15 s by
default, and it begins to watch only when it was elected. A primary that cannot renew goes on: it
stops only where it reads that another holds the lease, and nobody takes it before the operator has
elected somebody. So a short lease costs one small write a second, and no primary its role while the
API server is away. cloudnative-pg v1.30.0 internal/cmd/manager/instance/run/lease/runnable.go,
classifyLeaseAfterRun and tryTakeOver."""

CERTIFICATES = {
    "serverCASecret": AUTHORITY_CERTIFICATES,
    "serverTLSSecret": SERVER_CERTIFICATE,
    "clientCASecret": AUTHORITY_CERTIFICATES,
    "replicationTLSSecret": STREAMING_CERTIFICATE,
}
"""All four or none: with a leaf given, the operator needs no key of the authority. It reloads
PostgreSQL, without a restart, when one of them changes (cloudnative-pg v1.30.0
pkg/reconciler/instance/certificate/reconciler.go, RefreshSecrets)."""


class Cluster(cdk8s.Chart):
    """The Cluster of one site."""

    def __init__(self, scope: Construct, name: str, *, topology: Topology, site: SiteName) -> None:
        super().__init__(scope, name)
        Heartbeat(self, database=topology.database.name)
        CustomResource(
            self,
            topology.site(site).cluster,
            api_version="postgresql.cnpg.io/v1",
            kind="Cluster",
            namespace=POSTGRES_NAMESPACE,
            spec={
                "description": f"{topology.database.name}, {site} site of {topology.name}",
                "imageName": topology.postgres_image,
                **_instances(topology.site(site)),
                **_placement(topology.site(site)),
                **claims(topology.database),
                "resources": _resources(topology, site),
                "certificates": CERTIFICATES,
                "postgresql": _postgresql(topology, site),
                "managed": _managed(pooled=topology.database.pooler_instances > 0),
                "monitoring": {"customQueriesConfigMap": [{"name": CONFIG_MAP, "key": KEY}]},
                "bootstrap": bootstrap(topology, site),
                **_distribution(topology, site),
            },
        )


def _instances(place: Site) -> dict[str, Any]:
    return {
        "instances": place.instances,
        "enablePDB": place.instances > 1,
        "enableSuperuserAccess": False,
        "primaryUpdateStrategy": "unsupervised",
        "primaryUpdateMethod": "restart",
        "smartShutdownTimeout": SMART_SHUTDOWN_SECONDS,
        "stopDelay": STOP_SECONDS,
        **({"primaryLease": PRIMARY_LEASE} if place.instances > 1 else {}),
    }


def _distribution(topology: Topology, site: SiteName) -> dict[str, Any]:
    return {
        "plugins": [{**_archive(topology, site), "enabled": True, "isWALArchiver": True}],
        "replica": {
            "self": topology.site(site).cluster,
            "primary": topology.site(topology.writer).cluster,
            "source": topology.site(topology.other(site)).cluster,
        },
        "externalClusters": [
            {
                "name": topology.site(other).cluster,
                **(stream_from(topology, other) if topology.streams and other != site else {}),
                "plugin": _archive(topology, other),
            }
            for other in SITES
        ],
    }


def _archive(topology: Topology, site: SiteName) -> dict[str, Any]:
    return {
        "name": PLUGIN,
        "parameters": {
            "barmanObjectName": STORES[site],
            "serverName": topology.site(site).cluster,
        },
    }


def _placement(place: Site) -> dict[str, Any]:
    """One instance a machine, zones filled evenly, agents only where there are any."""
    return {
        "affinity": {
            "enablePodAntiAffinity": True,
            "podAntiAffinityType": "required",
            "topologyKey": "kubernetes.io/hostname",
            **({"nodeSelector": DATABASE_NODES} if place.agents else {}),
            "tolerations": [
                {"key": key, "operator": "Equal", "value": value, "effect": "NoSchedule"}
                for key, value in DATABASE_NODES.items()
            ],
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {
                    "matchLabels": {
                        "cnpg.io/cluster": place.cluster,
                        "cnpg.io/podRole": "instance",
                    }
                },
            }
        ],
    }


def _resources(topology: Topology, site: SiteName) -> dict[str, Any]:
    share = machine_share(topology, site)
    memory = f"{share.memory_mib}Mi"
    return {
        "requests": {"cpu": f"{share.cpu_millis}m", "memory": memory},
        "limits": {"memory": memory},
    }


def _postgresql(topology: Topology, site: SiteName) -> dict[str, Any]:
    waited_for = standby_list(topology, site)
    return {
        "parameters": postgres_parameters(topology, site),
        "pg_hba": ["hostnossl all all all reject"],
        **({"synchronous": waited_for} if waited_for else {}),
    }


def _managed(*, pooled: bool) -> dict[str, Any]:
    return {
        "roles": [
            {
                "name": DUMP_USER,
                "comment": "reads everything for the daily dump, past row level security",
                "ensure": "present",
                "login": True,
                "bypassrls": True,
                "inRoles": ["pg_read_all_data"],
                "passwordSecret": {"name": user_secret(DUMP_USER)},
            }
        ],
        "services": {
            "disabledDefaultServices": ["r"],
            "additional": [_writer_service(pooled=pooled)],
        },
    }


def _writer_service(*, pooled: bool) -> dict[str, Any]:
    """Where clients find the writer; with a pooler in front, the node port is the pooler's."""
    port: dict[str, Any] = {"name": "postgres", "protocol": "TCP", "port": 5432, "targetPort": 5432}
    node_port = {} if pooled else {"nodePort": WRITER_NODE_PORT}
    return {
        "selectorType": "rw",
        "updateStrategy": "patch",
        "serviceTemplate": {
            "metadata": {"name": WRITER_SERVICE},
            "spec": {
                "type": "ClusterIP" if pooled else "NodePort",
                "ports": [{**port, **node_port}],
            },
        },
    }
