"""The age of the heartbeat, as every instance sees it: on a replica the RPO at this moment."""

import cdk8s
from cdk8s_plus_28 import k8s
from constructs import Construct

from topology.names import POSTGRES_NAMESPACE

CONFIG_MAP, KEY = "heartbeat-metrics", "queries"
_READABLE = """\
SELECT COALESCE(
  pg_catalog.has_table_privilege(pg_catalog.to_regclass('pgtwin.heartbeat'), 'SELECT'), false
)
"""
_AGE = """\
SELECT EXTRACT(EPOCH FROM pg_catalog.now() - pg_catalog.max(at)) AS age_seconds
FROM pgtwin.heartbeat
"""


class Heartbeat(k8s.KubeConfigMap):
    """A query of CloudNativePG's exporter. Until the table is there it answers nothing."""

    def __init__(self, scope: Construct, *, database: str) -> None:
        metric = {"usage": "GAUGE", "description": "Seconds since the newest heartbeat row"}
        query = {
            "target_databases": [database],
            "predicate_query": _READABLE,
            "query": _AGE,
            "metrics": [{"age_seconds": metric}],
        }
        super().__init__(
            scope,
            CONFIG_MAP,
            metadata=k8s.ObjectMeta(
                name=CONFIG_MAP, namespace=POSTGRES_NAMESPACE, labels={"cnpg.io/reload": ""}
            ),
            data={KEY: cdk8s.Yaml.stringify({"pgtwin_heartbeat": query})},
        )
