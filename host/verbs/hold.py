"""`hold`: keeps commits waiting for the other region, as promised; `host/writer/region_guard.py`.

Each server runs it with `--watch`, as a unit of its own. Silence is only what one run has seen, so
a single look lets nobody go. Of several servers one decides each time, by the Cluster's resource
version. Where this site does not write or is stopped it does nothing. In every other mode it takes
the region off the list where it still is on, and then asks nothing more.
"""

import argparse
import logging
from typing import Any

from host.evidence.metrics import namespace, not_waited_for
from host.explain import explain
from host.machine.machine import Machine
from host.site import Site
from host.writer.region_guard import Step
from host.writer.region_keeper import RegionKeeper

EVERY_SECONDS = 5.0
"""A look costs a start of kubectl for the Cluster, and one for psql."""
_log = logging.getLogger(__name__)


def run(machine: Machine, arguments: argparse.Namespace) -> dict[str, Any]:
    """Look once, or until another bundle is current; what was done."""
    site, keeper = Site.current(machine), RegionKeeper()
    if not arguments.watch:
        return {"step": hold(site, keeper)}
    while Site.current(machine).bundle == site.bundle:
        try_to_hold(site, keeper)
        machine.clock.sleep(EVERY_SECONDS)
    _log.info("another bundle is current: this run ends, and the next one is of that")
    return {"step": None}


def hold(site: Site, keeper: RegionKeeper) -> Step:
    """One round, where this mode is configured; elsewhere the region is off the list."""
    if site.document.replication != "synchronous":
        keeper.release_once(site)
        return "hold"
    return keeper.round(site, lambda: raise_alarm(site))


def try_to_hold(site: Site, keeper: RegionKeeper) -> None:
    """The same; what does not answer now is asked again at the next round."""
    try:
        hold(site, keeper)
    except Exception as error:
        ours = explain(error)
        if ours is None:
            raise
        _log.warning("the other region could not be looked after: %s", ours)


def raise_alarm(site: Site) -> None:
    """Say it to CloudWatch now; `report` does so each minute from the note."""
    document = site.document
    cloudwatch = site.machine.aws.client("cloudwatch", document.region, brief=True)
    cloudwatch.put_metric_data(
        Namespace=namespace(document.system),
        MetricData=not_waited_for(document.site, document.cluster),
    )
