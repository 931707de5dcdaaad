"""The objects of the shipped configurations, as the host program applies them with kubectl."""

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from charts.manifests import synthesize
from host.apply.plan import MONITORING
from topology.load import parse
from topology.site import SiteName
from topology.topology import Topology

CONFIGURATIONS = ("default", "ha", "lab")
_CONFIG = Path(__file__).parents[2] / "config"
Object = dict[str, Any]


@cache
def shipped_objects(configuration: str, site: SiteName) -> tuple[Object, ...]:
    """Those of one site, without what `host/` leaves to others.

    HelmCharts are read by k3s from its folder, and the monitoring's kinds are left out where
    nobody serves them.
    """
    document = YAML(typ="safe", pure=True).load(_CONFIG / f"{configuration}.yaml")
    return objects_of(parse(document), site)


def objects_of(topology: Topology, site: SiteName) -> tuple[Object, ...]:
    """The same of any topology."""
    with tempfile.TemporaryDirectory() as folder:
        paths = synthesize(topology, site, Path(folder))
        return tuple(found for path in paths for found in _read(path) if _is_applied(found))


def _read(path: Path) -> Iterator[Object]:
    yield from (found for found in YAML(typ="safe", pure=True).load_all(path) if found)


def _is_applied(item: Object) -> bool:
    return item["kind"] != "HelmChart" and not item["apiVersion"].startswith(MONITORING)


def one(kind: str) -> Object:
    """The first object of a kind on the default configuration's primary site."""
    return next(found for found in shipped_objects("default", "primary") if found["kind"] == kind)
