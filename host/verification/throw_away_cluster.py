"""The Cluster that a verification restores into: pure.

What always holds: it stands alone. It has no archive of its own and no `replica` stanza, so it can
neither write into an archive nor be taken for a site. Only what `may_delete` allows is ever
deleted: a cluster with the label that this program alone sets, under a name that no site has.
"""

from collections.abc import Collection

from host.archive import share_beside
from host.kubernetes.cluster import PLUGIN
from host.kubernetes.kubectl import Object

PREFIX = "verify-"
VERIFIED_BY = "pgtwin/verified-by"
"""A label; its value is the machine that verifies."""
_ORIGIN = "origin"
_AT_REST = {"autovacuum": "off"}
"""Nothing of the user's runs because we look; ANALYZE computes the expressions of indexes."""
_STORAGE_CLASS = "local-path"
"""k3s' own, whose volumes go with their claims; the site's class would keep every copy forever."""


def throw_away_cluster(
    live: Object, *, name: str, machine: str, store: str, server_name: str, target: Object
) -> Object:
    """The Cluster `name`, from the archive `server_name` in `store`, recovered to `target`.

    `live` is this site's own Cluster; `machine` is who verifies; `target` is CloudNativePG's
    `recoveryTarget`.
    """
    spec = live["spec"]
    origin = spec["bootstrap"].get("recovery") or spec["bootstrap"]["initdb"]
    owned = {key: origin[key] for key in ("database", "owner", "secret") if key in origin}
    settings = spec.get("postgresql", {}).get("parameters", {})
    archive = {"barmanObjectName": store, "serverName": server_name}
    return {
        "apiVersion": live["apiVersion"],
        "kind": "Cluster",
        "metadata": {
            "name": name,
            "namespace": live["metadata"]["namespace"],
            "labels": {VERIFIED_BY: machine},
        },
        "spec": {
            **{key: spec[key] for key in ("imageName", "affinity") if key in spec},
            **{
                key: {**spec[key], "storageClass": _STORAGE_CLASS}
                for key in ("storage", "walStorage")
                if key in spec
            },
            "description": "a verification; deleted at its end",
            "instances": 1,
            "enablePDB": False,
            "enableSuperuserAccess": True,
            "resources": share_beside.resources(settings),
            "postgresql": {"parameters": {**share_beside.parameters(settings), **_AT_REST}},
            "bootstrap": {"recovery": {"source": _ORIGIN, **owned, "recoveryTarget": target}},
            "externalClusters": [
                {"name": _ORIGIN, "plugin": {"name": PLUGIN, "parameters": archive}}
            ],
        },
    }


def may_delete(item: Object, *, sites: Collection[str]) -> bool:
    """Whether a Cluster is a throw-away of this program; `sites` are the names of the live ones."""
    metadata, spec = item["metadata"], item["spec"]
    return (
        metadata["name"].startswith(PREFIX)
        and VERIFIED_BY in metadata.get("labels", {})
        and metadata["name"] not in sites
        and not spec.get("plugins")
        and not spec.get("replica")
    )
