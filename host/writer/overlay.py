"""From the template's objects to what may be applied now: the record laid over them.

What always holds:

* The role of a Cluster that exists is never changed: its own `replica` stanza, its own server name
  and its own `bootstrap` are sent back as they are. Only promote, demote and follow change them.
* Its major version of PostgreSQL stays too: see `host/kubernetes/postgres_image.py`.
* A Cluster that does not exist is made as the record says: with epoch 0 as the template has it,
  later only ever as a replica of the writer. No record makes both sites a writer.
* Whether commits wait for the other region is never changed either: `host/writer/region_guard.py`
  decides that. A Cluster that is made waits for nobody there.
* What depends on the writer (the dump) runs where the record has the writer.
"""

from copy import deepcopy
from typing import Any

from host.bundle.site_document import SiteDocument
from host.errors import Refused
from host.kubernetes.cluster import PLUGIN, Cluster
from host.kubernetes.kubectl import Object
from host.kubernetes.postgres_image import (
    data_major,
    image,
    pinned_image,
    requested_major,
    settings_for,
)
from host.writer.record import Record
from host.writer.standby_list import to_apply

CONTESTED = (
    "the two regions' records name different writers in the same epoch, or the only one cannot be "
    "read; nothing was promoted or made - run: pgtwin status"
)
DUMP = "dump"
"""The CronJob that runs where the writer is, and is suspended on the other site."""


def overlay(item: Object, live: Cluster | None, record: Record, site: SiteDocument) -> Object:
    """The object to apply for the template's `item`, where `live` is what exists now.

    Raises:
        Refused: where nothing that could be applied is safe.
    """
    if is_the_cluster(item, site):
        return _cluster(deepcopy(item), live, record, site)
    if runs_on_writer(item):
        return {**item, "spec": {**item["spec"], "suspend": record.writer != site.site}}
    return item


def is_the_cluster(item: Object, site: SiteDocument) -> bool:
    """Whether it is the Cluster of this site."""
    return bool(item["kind"] == "Cluster" and item["metadata"]["name"] == site.cluster)


def runs_on_writer(item: Object) -> bool:
    """Whether it is the CronJob that has to rest on the replica's site."""
    return bool(item["kind"] == "CronJob" and item["metadata"]["name"] == DUMP)


def _cluster(item: Object, live: Cluster | None, record: Record, site: SiteDocument) -> Object:
    if "postgresql" in item["spec"]:
        wanted = item["spec"]["postgresql"].get("synchronous")
        now = None if live is None else live.synchronous
        _keep(item["spec"]["postgresql"], "synchronous", to_apply(wanted, now))
    if live is not None:
        return _as_it_is(item, live, record, site)
    if record.contested:
        raise Refused(CONTESTED)
    if record.epoch == 0 and record.writer == site.writer:
        return item
    if record.writer == site.site:
        raise Refused(
            f"the record says that {site.site} is the writer, but its cluster {site.cluster} is "
            "gone; nothing was made in its place - run: pgtwin failover --to "
            f"{site.peer.site}, or pgtwin restore"
        )
    return as_replica(item, record, site)


def _as_it_is(item: Object, live: Cluster, record: Record, site: SiteDocument) -> Object:
    """The template over a Cluster that exists; refused by the API if it changed meanwhile."""
    item["metadata"]["resourceVersion"] = live.resource_version
    # By the version alone an object that is gone is recreated, with the role that it had.
    item["metadata"]["uid"] = live.uid
    spec, now = item["spec"], live.item["spec"]
    _keep(spec, "bootstrap", now.get("bootstrap"))
    # The token is promote's alone: a field that was never applied is never removed by an apply.
    replica = live.replica
    replica.pop("promotionToken", None)
    _keep(spec, "replica", replica or None)
    _keep_major(spec, live, site)
    _name_servers(item, {**record.server_names, site.site: live.server_name}, site)
    return item


def _keep_major(spec: Object, live: Cluster, site: SiteDocument) -> None:
    """Minor versions are applied; of another major the live image is kept, or the pinned one.

    Settings that the data's version does not start with are left out until it is converted.
    """
    major = requested_major(live)
    if major is not None and major != site.database.postgres:
        spec["imageName"] = pinned_image(site, major, otherwise=image(live))
    if "postgresql" in spec:
        spec["postgresql"] = settings_for(spec, site, data_major(live))


def as_replica(item: Object, record: Record, site: SiteDocument) -> Object:
    """The template's Cluster as a new replica of the peer, cloned from the peer's archive."""
    item = deepcopy(item)
    spec, peer = item["spec"], site.peer.cluster
    origin: Object = spec["bootstrap"].get("recovery") or spec["bootstrap"]["initdb"]
    kept: Object = {key: origin[key] for key in ("database", "owner", "secret") if key in origin}
    spec["bootstrap"] = {"recovery": {"source": peer, **kept}}
    spec["replica"] = {"self": site.cluster, "primary": peer, "source": peer}
    _name_servers(item, record.server_names, site)
    return item


def external_clusters(live: Cluster, record: Record, site: SiteDocument) -> list[Object]:
    """Both clusters' archives as a replica has to know them: the peer may have been cloned again
    since this Cluster was last applied, and archives under another server name then.
    """
    item: Object = {"spec": {"externalClusters": deepcopy(live.item["spec"]["externalClusters"])}}
    _name_servers(item, {**record.server_names, site.site: live.server_name}, site)
    return list(item["spec"]["externalClusters"])


def _name_servers(item: Object, names: dict[str, str], site: SiteDocument) -> None:
    by_cluster = {site.cluster: names[site.site], site.peer.cluster: names[site.peer.site]}
    for plugin in item["spec"].get("plugins", ()):
        if plugin["name"] == PLUGIN:
            plugin["parameters"]["serverName"] = by_cluster[site.cluster]
    for external in item["spec"].get("externalClusters", ()):
        if external["name"] in by_cluster:
            external["plugin"]["parameters"]["serverName"] = by_cluster[external["name"]]


def _keep(spec: Object, key: str, value: Any) -> None:
    if value is None:
        spec.pop(key, None)
    else:
        spec[key] = value


def disagreement(live: Cluster | None, record: Record, site: SiteDocument) -> str | None:
    """Why a deployment must not count as done although all that is safe was applied, or None.

    The text names the command that settles it.
    """
    if record.contested:
        return CONTESTED
    if live is not None and live.is_writer and record.writer != site.site:
        return (
            f"{site.cluster} says that it is the writer, the record says {record.writer} (epoch "
            f"{record.epoch}); it was fenced - run: pgtwin status"
        )
    if record.writer != site.writer:
        return (
            f"the configuration says writer: {site.writer}, the record says {record.writer} "
            f"(epoch {record.epoch}); the record was kept - set `writer: {record.writer}` in the "
            f"configuration; to move the writer, run: pgtwin switchover --to {site.writer}"
        )
    if live is not None and (other := _other_major(live, site)):
        return other
    if live is not None and record.server_names[site.site] != live.server_name:
        return (
            f"{site.cluster} archives to {live.server_name}, the record says "
            f"{record.server_names[site.site]}; nothing was changed - run: {_renamed(record, site)}"
        )
    return None


def _renamed(record: Record, site: SiteDocument) -> str:
    """A failback of the writer would be refused."""
    is_writer = record.writer == site.site
    return "pgtwin status" if is_writer else f"pgtwin failback --site {site.site} --stay"


def _other_major(live: Cluster, site: SiteDocument) -> str | None:
    major, wanted = data_major(live), site.database.postgres
    if major is None or major == wanted:
        return None
    settle = (
        "run: pgtwin upgrade --postgres"
        if major < wanted
        else f"PostgreSQL has no way back to an older major version: configure postgres: {major}"
    )
    return (
        f"{live.name} runs PostgreSQL {major}, the configuration says {wanted}; "
        f"{major} was kept - {settle}"
    )
