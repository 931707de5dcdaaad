"""Asks both regions for everything at once; whoever does not answer in time is not waited for."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from pgtwin.aws import watching
from pgtwin.aws.at_once import at_once
from pgtwin.aws.verifications import verifications
from pgtwin.commands.desk import Desk
from pgtwin.commands.survey import survey
from pgtwin.deadlines import REPORT_SECONDS
from pgtwin.errors import SiteUnreachable
from pgtwin.report.lag import METRIC, STEP, first_step
from topology.site import SITES, SiteName


def gather(desk: Desk, now: datetime) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """The document of `pgtwin status`, and the answers to the rest: `lag of primary`, ...

    An answer that did not come is the error it ended with.

    Raises:
        SiteRefused: when AWS refuses everything in both regions, as for missing credentials.
    """
    asked: dict[str, Callable[[], Any]] = {"survey": partial(survey, desk)}
    for name in SITES:
        asked |= {f"{part} of {name}": ask for part, ask in _asked(desk, name, now).items()}
    found = at_once(asked, REPORT_SECONDS)
    seen = found["survey"]
    if isinstance(seen, TimeoutError):
        raise SiteUnreachable(f"look at both sites: {seen}") from seen
    if isinstance(seen, Exception):
        raise seen
    return seen, found


def _asked(desk: Desk, name: SiteName, now: datetime) -> dict[str, Callable[[], Any]]:
    clients, here, names = desk.clients[name], desk.topology.site(name), desk.topology.names
    return {
        "lag": lambda: watching.worst_values(
            clients,
            names.metrics(),
            METRIC,
            site=name,
            cluster=here.cluster,
            since=first_step(now),
            step=STEP,
        ),
        "alarms": lambda: watching.alarms(clients, names.alarm(name, "")),
        "verifications": lambda: verifications(desk.buckets, name),
    }
