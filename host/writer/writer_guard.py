"""A former writer that comes back must not write.

A lost site returns with a Cluster that still says writer. As soon as the record can be read and
names the other site, PostgreSQL is stopped here by CloudNativePG's fencing; the data stays. Only
`follow` ends this, by cloning the site again.

What always holds: the fence is put on the Cluster as it was seen, by its resource version, for a
record that was read after that. A site that was demoted, or was released, between the look and the
fence is looked at again, and not fenced as what it was.
"""

import logging
from collections.abc import Callable

from host.bundle.site_document import SiteDocument
from host.errors import Failed
from host.kubernetes import cluster, site_cluster
from host.kubernetes.cluster import ALL_INSTANCES, Cluster
from host.kubernetes.kubectl import Kubectl, Object
from host.kubernetes.kubectl_failed import Failure, KubectlFailed
from host.site import Site
from host.writer.record import Record
from host.writer.record_store import RecordStore

_LOOKS = 10
"""How often the Cluster may change between a look and the fence: an operator at work does so once
in a second, and both take less."""
_log = logging.getLogger(__name__)
NewestRecord = Callable[[Cluster], Record]


def must_not_write(live: Cluster, record: Record, site: SiteDocument) -> bool:
    """Whether the Cluster says writer although the record names the other site."""
    return live.is_writer and record.writer != site.site and not record.contested


def guard(
    site: Site,
    kubectl: Kubectl,
    seen: Cluster | None = None,
    *,
    newest: NewestRecord | None = None,
) -> bool:
    """Look, and fence the site's cluster if it must not write; whether that is so.

    `seen` is the Cluster where the caller has just looked at it. `newest` reads the record where
    the caller cannot wait for SSM; it is always asked after that look.

    Raises:
        Failed: when the Cluster changes all the time; safe to repeat.
    """
    for look in range(_LOOKS):
        live = seen if seen and look == 0 else site_cluster.find(kubectl, site.document)
        if live is None:
            return False
        record = newest(live) if newest else RecordStore(site.machine, site.document).newest(live)
        if not must_not_write(live, record, site.document):
            return False
        if live.fenced:
            return True
        if fence_as_seen(kubectl, site.document, live):
            _log.error(
                "%s says that it is the writer, but the record names %s: PostgreSQL is stopped "
                "here",
                site.document.cluster,
                record.writer,
            )
            return True
    raise Failed(f"{site.document.cluster} changes all the time and is not fenced yet - repeat")


def fence(kubectl: Kubectl, site: SiteDocument) -> None:
    """Stop PostgreSQL in every instance and keep the data, whatever the Cluster says."""
    _annotate(kubectl, site, {}, ALL_INSTANCES)


def fence_as_seen(kubectl: Kubectl, site: SiteDocument, seen: Cluster) -> bool:
    """The same, unless the Cluster has changed since it was seen; whether it is fenced."""
    try:
        _annotate(kubectl, site, {"resourceVersion": seen.resource_version}, ALL_INSTANCES)
    except KubectlFailed as failed:
        if failed.failure is not Failure.CONFLICT:
            raise
        return False
    return True


def unfence(kubectl: Kubectl, site: SiteDocument, seen: Cluster) -> None:
    """Start PostgreSQL again.

    Raises:
        KubectlFailed: a conflict where the Cluster has changed since it was seen.
    """
    _annotate(kubectl, site, {"resourceVersion": seen.resource_version}, None)


def _annotate(kubectl: Kubectl, site: SiteDocument, metadata: Object, value: str | None) -> None:
    merge = {"metadata": {**metadata, "annotations": {cluster.FENCED: value}}}
    kubectl.patch(cluster.KIND, site.namespace, site.cluster, merge)
