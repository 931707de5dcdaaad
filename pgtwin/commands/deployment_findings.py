"""What `pgtwin doctor` says of the next deployment of each site, and `make deploy` asks first.

What always holds: it changes nothing and takes seconds. A region that does not answer is unknown:
nothing is said for it, and the other region is looked at as always.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pgtwin.aws.at_once import at_once
from pgtwin.aws.parameter import Parameter
from pgtwin.aws.running_machines import refuse_termination, running_machines, user_data
from pgtwin.aws.site_parameters import SiteParameters
from pgtwin.commands.desk import Desk
from pgtwin.commands.finding import Finding, right
from pgtwin.deadlines import LOOK_SECONDS
from pgtwin.deployment_check import DeploymentCheck, Obstacle
from pgtwin.errors import SiteError
from pgtwin.growth import hanging, may_hang
from pgtwin.lock import RUN_VARIABLE
from pgtwin.machine_obstacles import ended, members, moved, rebuilt, refusing, rewritten, twins
from topology.names import STACK_IDS
from topology.site import SiteName, other_site

SECONDS = 60.0
"""For all that is asked of one region. Each call has a deadline of its own, of a few seconds, and a
region that is silent is asked once."""


def findings(
    desk: Desk, sites: tuple[SiteName, ...], bundles: Path | None = None
) -> Iterator[Finding]:
    """Whether the sites can be deployed now, with a finding for each thing that stops it.

    `bundles` is the folder of those that would be deployed; without it they may be others.
    """
    for site in sites:
        desk.clients[site].client("ec2")  # loads boto3 before time is counted
    calls: dict[str, Callable[[], list[Obstacle]]] = {
        site: partial(_obstacles, desk, site, bundles) for site in sites
    }
    found = at_once(calls, SECONDS)
    for site in sites:
        what, obstacles = f"deployment of {site}", found[site]
        if isinstance(obstacles, Exception):
            yield _unknown(desk, site, obstacles)
            continue
        for each in obstacles:
            yield Finding(what=what, verdict="missing", found=each.found, remedy=each.remedy)
        if not obstacles:
            yield right(what, "replaces no two machines, waits for none that is stopped")


def _obstacles(desk: Desk, site: SiteName, bundles: Path | None) -> list[Obstacle]:
    check = DeploymentCheck(
        topology=desk.topology,
        site=site,
        running=running_machines(desk.clients[site], desk.topology.names, site),
        config=desk.config,
        same_bundle=_is_deployed(desk, site, bundles),
    )
    found = (
        *check.obstacles(),
        moved(check),
        rebuilt(check, _built(desk, site)),
        twins(check),
        _rewritten(desk, check, bundles),
        _protected(desk, check),
        _locked(desk, site),
    )
    return [each for each in (*found, *_by_kubernetes(desk, check)) if each]


def _built(desk: Desk, site: SiteName) -> Mapping[str, Any]:
    """What the deployed stack says of itself; nothing where it does not."""
    parameters = SiteParameters(desk.clients[site], desk.topology.names)
    return parameters.outputs_if_deployed(site) or {}


def _rewritten(desk: Desk, check: DeploymentCheck, bundles: Path | None) -> Obstacle | None:
    built = None if bundles is None else bundles / "user-data.sh"
    if built is None or not built.exists():
        return None
    wanted, clients = built.read_bytes(), desk.clients[check.site]
    others = [
        node
        for node, machine in check.running.items()
        if node not in check.leaving and user_data(clients, machine.instance) != wanted
    ]
    return rewritten(check, others)


def _protected(desk: Desk, check: DeploymentCheck) -> Obstacle | None:
    instances = [check.running[node].instance for node in ended(check)]
    return refusing(check, refuse_termination(desk.clients[check.site], instances))


def _locked(desk: Desk, site: SiteName) -> Obstacle | None:
    by = desk.sites[site].locked_by(os.environ.get(RUN_VARIABLE, ""))
    if by is None:
        return None
    return Obstacle(
        found=f"{site} is locked by {by}", remedy="wait until it ends, run: pgtwin status"
    )


def _by_kubernetes(desk: Desk, check: DeploymentCheck) -> tuple[Obstacle | None, ...]:
    if not (check.taken or check.leaving or may_hang(check)):
        return ()
    ready: dict[str, bool] | None = None
    cluster: Mapping[str, Any] | None = None
    try:
        document = desk.sites[check.site].status(within_seconds=LOOK_SECONDS)
        ready = {each["name"]: each["ready"] for each in document.get("nodes") or ()}
        cluster = document.get("cluster")
    except SiteError as error:
        desk.say(f"{check.site} does not say which machines and instances are ready: {error}")
    by_nodes = check.by_kubernetes(ready) if check.taken else None
    return by_nodes, members(check, ready), hanging(check, cluster)


def _is_deployed(desk: Desk, site: SiteName, bundles: Path | None) -> bool:
    """Whether the bundle of the folder is the deployed one; not, where nobody can tell."""
    built = None if bundles is None else bundles / f"bundle-{site}.zip"
    if built is None or not built.exists():
        return False
    pointer = Parameter(desk.clients[site], desk.topology.names.bundle_parameter(site)).read()
    if pointer is None:
        return False
    deployed = str(json.loads(pointer.text)["sha256"])
    return hashlib.sha256(built.read_bytes()).hexdigest() == deployed


def _unknown(desk: Desk, site: SiteName, error: Exception) -> Finding:
    other = STACK_IDS[other_site(site)]
    return Finding(
        what=f"deployment of {site}",
        verdict="unknown",
        found=f"it is unknown what it would replace or wait for: {error}",
        remedy=f"try again; for the other site alone, run: make deploy CONFIG={desk.config} "
        f"STACKS={other}",
    )
