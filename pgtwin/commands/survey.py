"""Looks at both sites at once, for ten seconds at most."""

from dataclasses import asdict
from functools import partial
from typing import Any

from pgtwin.aws.at_once import at_once
from pgtwin.aws.aws_site import AwsSite
from pgtwin.commands.desk import Desk
from pgtwin.deadlines import SURVEY_SECONDS
from pgtwin.errors import SiteRefused
from pgtwin.site_state import SiteState
from pgtwin.verdict import verdict
from topology.site import SITES, SiteName


def survey(desk: Desk) -> dict[str, Any]:
    """The document of `pgtwin status --json`.

    Raises:
        SiteRefused: when AWS refuses the credentials in both regions.
    """
    found = at_once({name: partial(_look, desk.sites[name]) for name in SITES}, SURVEY_SECONDS)
    refusals = [answer for answer in found.values() if isinstance(answer, SiteRefused)]
    if len(refusals) == len(SITES):
        raise refusals[0]
    sites: dict[SiteName, dict[str, Any]] = {
        name: {"unreachable": str(answer)} if isinstance(answer, Exception) else answer
        for name, answer in ((name, found[name]) for name in SITES)
    }
    records = [site["record"] for site in sites.values() if site.get("record")]
    newest = max(records, key=lambda record: record["epoch"], default=None)
    judged = verdict(
        {name: _state(name, sites[name]) for name in SITES},
        newest["writer"] if newest else None,
        desk.topology.writer,
    )
    return {
        "verdict": judged.text,
        "good": judged.good,
        "configured_writer": desk.topology.writer,
        "record": newest,
        "records_agree": len({record["epoch"] for record in records}) <= 1,
        "sites": sites,
    }


def _look(site: AwsSite) -> dict[str, Any]:
    document = site.status()
    record = site.read_record()
    return {**document, "record": record and asdict(record), "alias": site.alias()}


def _state(name: SiteName, document: dict[str, Any]) -> SiteState | None:
    state = document.get("state")
    if not state:
        return None
    fields = {key: state[key] for key in SiteState.__dataclass_fields__ if key in state}
    return SiteState(**{**fields, "site": name})
