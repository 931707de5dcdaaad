"""`hold`: keeps commits waiting for the other region, as promised; `host/writer/region_guard.py`.

A server runs it with `--watch`. Silence is only what one run has seen, so a single look lets nobody
go.
"""

import argparse
import logging
from typing import Any

from host.evidence.metrics import namespace
from host.explain import explain
from host.machine.machine import Machine
from host.site import Site
from host.writer.region_guard import Step
from host.writer.region_keeper import RegionKeeper

EVERY_SECONDS = 5.0
"""A look costs a start of kubectl for the Cluster, and one for psql."""
METRIC = "RegionNotWaitedFor"
_log = logging.getLogger(__name__)


def run(machine: Machine, arguments: argparse.Namespace) -> dict[str, Any]:
    """Look once, or for as long as the machine runs; what was done."""
    keeper = RegionKeeper()
    while arguments.watch:
        try_to_hold(Site.current(machine), keeper)
        machine.clock.sleep(EVERY_SECONDS)
    return {"step": hold(Site.current(machine), keeper)}


def hold(site: Site, keeper: RegionKeeper) -> Step:
    """One round, where this mode is configured."""
    if site.document.replication != "synchronous":
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
    dimensions = {"site": document.site, "cluster": document.cluster}
    cloudwatch.put_metric_data(
        Namespace=namespace(document.system),
        MetricData=[
            {
                "MetricName": METRIC,
                "Unit": "Count",
                "Value": 1,
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
            }
        ],
    )
