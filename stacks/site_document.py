"""`site.json`: what a site's machines know about the system. Its shape is in docs/interfaces.md."""

from typing import Any

from charts.server_names import server_names
from stacks.machine import machines
from topology.names import (
    ACCOUNT_PLACEHOLDER,
    DUMP_USER,
    DUMPS_PREFIX,
    ETCD_PREFIX,
    EVIDENCE_PREFIX,
    PHYSICAL_PREFIXES,
    POSTGRES_NAMESPACE,
    WRITER_NODE_PORT,
)
from topology.postgres_settings import refused
from topology.rpo import seconds
from topology.site import SiteName
from topology.topology import Topology
from topology.versions import POSTGRES_IMAGES


def site_document(topology: Topology, site: SiteName) -> dict[str, Any]:
    """The document of one site: plain values, with the account's placeholder in bucket names."""
    here, names, k3s = topology.site(site), topology.names, topology.versions.k3s
    users = (topology.database.owner, DUMP_USER)
    return {
        "schema": 1,
        "system": topology.name,
        "site": site,
        "region": here.region,
        "writer": topology.writer,
        "cluster": here.cluster,
        "replication": topology.replication,
        "rpo_seconds": seconds(topology.rpo) if topology.rpo else None,
        "instances": here.instances,
        "data_volume_gib": here.data_volume_gib,
        "namespace": POSTGRES_NAMESPACE,
        "bucket": names.bucket(here.bucket, ACCOUNT_PLACEHOLDER),
        "physical_prefix": PHYSICAL_PREFIXES[site],
        "etcd_prefix": ETCD_PREFIX,
        "dumps_prefix": DUMPS_PREFIX,
        "evidence_prefix": EVIDENCE_PREFIX,
        "issuer": f"https://{here.issuer}" if here.issuer else None,
        "retention_days": topology.backups.retention_days,
        "database": {
            "name": topology.database.name,
            "owner": topology.database.owner,
            "archive_timeout_seconds": topology.database.archive_timeout_seconds,
            "postgres": topology.database.postgres,
            "images": {str(major): image for major, image in POSTGRES_IMAGES.items()},
            "refused_settings": {
                str(major): refused(major, POSTGRES_IMAGES, topology.parameters(site))
                for major in POSTGRES_IMAGES
            },
        },
        "nodes": [
            {
                "name": machine.node,
                "role": machine.role,
                "zone": machine.zone,
                "host": names.node_host(machine.node),
            }
            for machine in machines(topology, site)
        ],
        "k3s": {
            "version": k3s.version,
            "sha256": {"amd64": k3s.sha256_amd64, "arm64": k3s.sha256_arm64},
            "mirror": k3s.mirror,
        },
        "secrets": {
            "server_token": names.server_token(site),
            "agent_token": names.agent_token(site),
            "authority": names.authority_secret(),
            "database": {user: names.database_secret(user) for user in users},
        },
        "parameters": {
            "bundle": names.bundle_parameter(site),
            "signal": names.signal_parameter(site),
            "record": names.record_parameter(),
            "authority": names.authority_parameter(),
        },
        "api_host": names.api_host(),
        "writer_alias": names.writer_alias(),
        "writer_node_port": WRITER_NODE_PORT,
        "server_names": list(server_names(topology, site)),
        "peer": _peer(topology, topology.other(site)),
    }


def _peer(topology: Topology, peer: SiteName) -> dict[str, str]:
    there = topology.site(peer)
    return {
        "site": peer,
        "region": there.region,
        "cluster": there.cluster,
        "bucket": topology.names.bucket(there.bucket, ACCOUNT_PLACEHOLDER),
        "physical_prefix": PHYSICAL_PREFIXES[peer],
    }
