"""Small values for the tests of pure decisions."""

import base64
import json
from typing import Any

from host.bundle.site_document import SiteDocument
from host.kubernetes.cluster import Cluster
from host.postgres.postgres_state import PostgresState
from host.writer.record import Record

NOW = "2026-11-27T03:40:00+00:00"
"""As the host program writes a moment down."""
SYSTEM = "7412345678901234567"
SITES = {"primary": "postgres-cluster", "dr": "postgres-cluster-dr"}
IMAGES = {major: f"registry/postgresql:{major}.6-trixie" for major in ("17", "18")}
PLUGIN = "barman-cloud.cloudnative-pg.io"


def document(site: str = "primary", writer: str = "primary") -> SiteDocument:
    """The site document of one of two sites."""
    peer = other(site)
    values = {
        "schema": 1,
        "system": "pgtwin",
        "site": site,
        "region": "eu-west-1" if site == "primary" else "eu-west-2",
        "writer": writer,
        "cluster": SITES[site],
        "instances": 1,
        "data_volume_gib": 100,
        "namespace": "postgres",
        "bucket": f"bucket-{site}",
        "replication": "archive",
        "rpo_seconds": None,
        "physical_prefix": "physical",
        "etcd_prefix": "etcd",
        "dumps_prefix": "dumps",
        "evidence_prefix": "evidence",
        "issuer": None,
        "retention_days": 30,
        "database": {
            "name": "app_db",
            "owner": "app_user",
            "archive_timeout_seconds": 60,
            "postgres": 18,
            "images": IMAGES,
            "refused_settings": {"17": ["io_method"], "18": ["ssl_ecdh_curve"]},
        },
        "nodes": [
            {
                "name": "server-1",
                "role": "server",
                "zone": "eu-west-1a",
                "host": "server-1.pgtwin.internal",
            }
        ],
        "k3s": {"version": "v1.36.4+k3s1", "sha256": {}, "mirror": None},
        "secrets": {"server_token": "a", "agent_token": "b", "authority": "c", "database": {}},
        "parameters": {"bundle": "a", "signal": "b", "record": "c", "authority": "d"},
        "api_host": "k3s.pgtwin.internal",
        "writer_alias": "writer.pgtwin.internal",
        "writer_node_port": 30432,
        "server_names": [f"{SITES[site]}-rw", "writer.pgtwin.internal"],
        "peer": {
            "site": peer,
            "region": "eu-west-2" if site == "primary" else "eu-west-1",
            "cluster": SITES[peer],
            "bucket": f"bucket-{peer}",
            "physical_prefix": "physical",
        },
    }
    return SiteDocument.parse(json.dumps(values))


def other(site: str) -> str:
    return "dr" if site == "primary" else "primary"


def record(epoch: int = 0, writer: str = "primary", **values: Any) -> Record:
    names = {**SITES, **values.pop("server_names", {})}
    return Record(epoch=epoch, writer=writer, server_names=names, **values)


def plugin(site: str, server_name: str | None = None) -> dict[str, Any]:
    name = server_name or SITES[site]
    return {
        "name": PLUGIN,
        "parameters": {"barmanObjectName": f"store-{site}", "serverName": name},
    }


def template(site: str = "primary", writer: str = "primary") -> dict[str, Any]:
    """The Cluster of a site as the charts make it."""
    owned = {"database": "app_db", "owner": "app_user", "secret": {"name": "app-user"}}
    recovery = {"recovery": {**owned, "source": SITES[other(site)]}}
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "metadata": {"name": SITES[site], "namespace": "postgres"},
        "spec": {
            "instances": 1,
            "imageName": IMAGES["18"],
            "bootstrap": {"initdb": owned} if site == writer else recovery,
            "plugins": [{**plugin(site), "isWALArchiver": True}],
            "replica": {
                "self": SITES[site],
                "primary": SITES[writer],
                "source": SITES[other(site)],
            },
            "externalClusters": [
                {"name": SITES[each], "plugin": {**plugin(each)}} for each in SITES
            ],
        },
    }


def live(site: str = "primary", *, writer: bool = True, **spec: Any) -> Cluster:
    """A Cluster that exists and is healthy."""
    item = template(site, site if writer else other(site))
    item["metadata"] |= {"resourceVersion": "7", "uid": "u-1", "generation": 1, "annotations": {}}
    item["spec"] |= spec
    item["status"] = {
        "phase": "Cluster in healthy state",
        "instances": 1,
        "readyInstances": 1,
        "currentPrimary": f"{SITES[site]}-1",
        "targetPrimary": f"{SITES[site]}-1",
    }
    return Cluster(item=item)


def postgres(
    *,
    in_recovery: bool,
    timeline: int = 1,
    lsn: str = "0/50000A0",
    archive_mode: str = "on",
) -> PostgresState:
    return PostgresState(
        in_recovery=in_recovery,
        version="18.6",
        archive_mode=archive_mode,
        system_identifier=SYSTEM,
        timeline=timeline,
        lsn=lsn,
        replayed_commit_age_seconds=1.0,
        last_archived_segment=None,
        last_archived_age_seconds=None,
        archive_failed=False,
        archive_backlog_segments=0,
        archive_wait_seconds=0.0,
        transaction_id_age=1_000,
        connections_used_percent=5.0,
    )


def token(timeline: int = 1, *, system: str = SYSTEM, lsn: str = "0/5000028") -> str:
    """A demotion token as CloudNativePG makes it."""
    content = {
        "latestCheckpointTimelineID": str(timeline),
        "redoWalFile": f"{timeline:08X}0000000000000005",
        "databaseSystemIdentifier": system,
        "latestCheckpointREDOLocation": lsn,
        "timeOfLatestCheckpoint": "Sun Nov 22 10:00:00 2026",
    }
    return base64.b64encode(json.dumps(content).encode()).decode()
