"""A former writer that comes back must not write.

A lost site returns with a Cluster that still says writer. As soon as the record can be read and
names the other site, PostgreSQL is stopped here by CloudNativePG's fencing; the data stays. Only
`follow` ends this, by cloning the site anew.
"""

import logging

from host.bundle.site_document import SiteDocument
from host.kubernetes import cluster
from host.kubernetes.cluster import ALL_INSTANCES, Cluster
from host.kubernetes.kubectl import Kubectl
from host.writer.record import Record

_log = logging.getLogger(__name__)


def must_not_write(live: Cluster, record: Record, site: SiteDocument) -> bool:
    """Whether the Cluster says writer although the record names the other site."""
    return live.is_writer and record.writer != site.site and not record.contested


def guard(kubectl: Kubectl, live: Cluster, record: Record, site: SiteDocument) -> bool:
    """Fence the cluster if it must not write; whether that was so."""
    if not must_not_write(live, record, site):
        return False
    if not live.fenced:
        fence(kubectl, site)
        _log.error(
            "%s says that it is the writer, but the record names %s: PostgreSQL is stopped here",
            site.cluster,
            record.writer,
        )
    return True


def fence(kubectl: Kubectl, site: SiteDocument) -> None:
    """Stop PostgreSQL in every instance and keep the data."""
    _annotate(kubectl, site, ALL_INSTANCES)


def unfence(kubectl: Kubectl, site: SiteDocument) -> None:
    """Start PostgreSQL again."""
    _annotate(kubectl, site, None)


def _annotate(kubectl: Kubectl, site: SiteDocument, value: str | None) -> None:
    merge = {"metadata": {"annotations": {cluster.FENCED: value}}}
    kubectl.patch(cluster.KIND, site.namespace, site.cluster, merge)
