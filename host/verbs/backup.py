"""`backup`: takes a base backup now, and waits for its end unless told not to.

A run that finds one of its own still under way waits for that one, so a repeat after an
interruption takes no second backup.
"""

import argparse
from typing import Any

from host.deadlines import COPY_SECONDS
from host.errors import Failed, Refused
from host.kubernetes import backups, site_cluster
from host.kubernetes.cluster import BACKUPS, PLUGIN
from host.kubernetes.kubectl import Object
from host.machine.machine import Machine
from host.machine.waiting import wait_for
from host.site import Site

OURS = "pgtwin/taken-by"
BEGIN_SECONDS = 120
"""How long `--begin` waits for the start. A backup that another one holds up is asked for by then,
and the operator takes it later; that is told, not waited for."""


def run(machine: Machine, arguments: argparse.Namespace) -> dict[str, Any]:
    """Take a base backup; its name in Kubernetes, and its id in the archive once it is there."""
    return backup(Site.current(machine), wait=not arguments.begin)


def backup(site: Site, *, wait: bool = True) -> dict[str, Any]:
    """Take a base backup; without `wait`, only until it is under way.

    Raises:
        Refused: where PostgreSQL is fenced.
        Failed: with the operator's reason.
    """
    if site_cluster.require(site.kubectl, site.document).fenced:
        raise Refused(
            f"{site.document.cluster} is fenced; nothing was changed - run: pgtwin status"
        )
    name = _under_way(site) or _begin(site)
    done = wait_for(
        site.machine.clock,
        f"the base backup {name}",
        lambda: _reached(site, name, backups.OVER if wait else (*backups.BEGUN, *backups.OVER)),
        deadline_seconds=COPY_SECONDS if wait else BEGIN_SECONDS,
        every_seconds=1,
    )
    if done["phase"] not in (*backups.BEGUN, "completed"):
        raise Failed(
            f"the base backup {name} ended as {done['phase']}: {done.get('error')} - repeat: "
            f"pgtwin backup now --site {site.document.site}"
        )
    return {"backup": done.get("backupId"), "name": name}


def _under_way(site: Site) -> str | None:
    ours = site.kubectl.list(BACKUPS, site.document.namespace, selector=f"{OURS}=host")
    for item in ours:
        if not backups.is_over(item):
            return str(item["metadata"]["name"])
    return None


def _begin(site: Site) -> str:
    document = site.document
    name = f"{document.cluster}-{site.machine.clock.now():%Y%m%d%H%M%S}"
    site.kubectl.create(
        {
            "apiVersion": "postgresql.cnpg.io/v1",
            "kind": "Backup",
            "metadata": {"name": name, "namespace": document.namespace, "labels": {OURS: "host"}},
            "spec": {
                "cluster": {"name": document.cluster},
                "method": "plugin",
                "pluginConfiguration": {"name": PLUGIN},
            },
        }
    )
    return name


def _reached(site: Site, name: str, phases: tuple[str, ...]) -> Object | None:
    item = site.kubectl.get(BACKUPS, name, "-n", site.document.namespace)
    status: Object = (item or {}).get("status", {})
    return status if status.get("phase") in phases else None
