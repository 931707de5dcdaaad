"""The Cluster of a point-in-time restore: pure.

What always holds: it stands alone. It has no archive of its own and no `replica` stanza, so it can
neither write into an archive nor be taken for a site; it makes no Service but its own, so no client
reaches it by accident.
"""

from datetime import UTC, datetime

from host.archive import share_beside
from host.errors import Failed
from host.kubernetes.cluster import PLUGIN, RESTORED, Cluster
from host.kubernetes.kubectl import Object
from host.site import Site

_KEPT = (
    "imageName",
    "storage",
    "walStorage",
    "affinity",
)
_ORIGIN = "origin"


def restored_cluster(
    live: Object,
    *,
    name: str,
    at: datetime,
    source: str,
    store: str,
    server_name: str,
) -> Object:
    """The new Cluster `name` as the archive of `source` was at the moment `at`.

    `live` is this site's own Cluster, whose size of volumes it shares, not its memory; `store` and
    `server_name` say where the archive is. Its image is `live`'s.
    """
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    origin = {"barmanObjectName": store, "serverName": server_name}
    spec = live["spec"]
    settings = spec.get("postgresql", {}).get("parameters", {})
    return {
        "apiVersion": live["apiVersion"],
        "kind": "Cluster",
        "metadata": {
            "name": name,
            "namespace": live["metadata"]["namespace"],
            "annotations": {RESTORED: restored_from(source, at)},
        },
        "spec": {
            **{key: spec[key] for key in _KEPT if key in spec},
            "description": f"{source} as it was at {moment}",
            "instances": 1,
            "enablePDB": False,
            "resources": share_beside.resources(settings),
            "postgresql": {"parameters": share_beside.parameters(settings)},
            "bootstrap": {
                "recovery": {
                    "source": _ORIGIN,
                    **_owned(spec["bootstrap"]),
                    "recoveryTarget": {"targetTime": moment},
                }
            },
            "externalClusters": [
                {"name": _ORIGIN, "plugin": {"name": PLUGIN, "parameters": origin}}
            ],
        },
    }


def restored_from(source: str, at: datetime) -> str:
    """What tells one restore from another, kept in the Cluster's annotation."""
    return f"{source} at {at.astimezone(UTC).isoformat(timespec='microseconds')}"


def store_of(site: Site, live: Cluster, source: str) -> str:
    """The ObjectStore of a site, from the Cluster's own list of both clusters.

    Raises:
        Failed: where the Cluster does not name it.
    """
    here, peer = site.document.cluster, site.document.peer.cluster
    name = here if source == site.document.site else peer
    store = live.store_of(name)
    if store is None:
        raise Failed(f"{here} does not name the archive of {name} - run: pgtwin-host apply")
    return store


def _owned(bootstrap: Object) -> Object:
    origin = bootstrap.get("recovery") or bootstrap["initdb"]
    return {key: origin[key] for key in ("database", "owner", "secret") if key in origin}
