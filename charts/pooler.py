"""PgBouncer in front of the writer, where the configuration asks for it."""

from typing import Any

import cdk8s
from constructs import Construct

from charts.custom_resource import CustomResource
from topology.names import POOLER, POSTGRES_NAMESPACE, WRITER_NODE_PORT
from topology.rules.postgres import in_effect
from topology.site import SiteName
from topology.topology import Topology

POOLER_LABELS = {"cnpg.io/poolerName": POOLER}
CLIENTS_PER_SERVER = 5
"""Client connections for each one to PostgreSQL: what pooling is for."""
RESERVED_CONNECTIONS = 20
"""Kept for the operator, replication, the dump and people."""


class Pooler(cdk8s.Chart):
    """Transaction pooling on the port that clients connect to; TLS is required here too."""

    def __init__(self, scope: Construct, name: str, *, topology: Topology, site: SiteName) -> None:
        super().__init__(scope, name)
        instances = topology.database.pooler_instances
        connections = int(in_effect(topology, site, "max_connections"))
        CustomResource(
            self,
            POOLER,
            api_version="postgresql.cnpg.io/v1",
            kind="Pooler",
            namespace=POSTGRES_NAMESPACE,
            spec={
                "cluster": {"name": topology.site(site).cluster},
                "type": "rw",
                "instances": instances,
                "pgbouncer": _pgbouncer((connections - RESERVED_CONNECTIONS) // instances),
                "serviceTemplate": {"spec": {"type": "NodePort", "ports": [_port()]}},
            },
        )


def _pgbouncer(connections: int) -> dict[str, Any]:
    pool = max(1, connections)
    return {
        "poolMode": "transaction",
        "parameters": {
            "default_pool_size": str(pool),
            "max_client_conn": str(pool * CLIENTS_PER_SERVER),
        },
        "pg_hba": ["hostnossl all all all reject"],
    }


def _port() -> dict[str, Any]:
    return {
        "name": "pgbouncer",
        "protocol": "TCP",
        "port": 5432,
        "targetPort": "pgbouncer",
        "nodePort": WRITER_NODE_PORT,
    }
