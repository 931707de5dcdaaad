"""Looks at both sites at once, for ten seconds at most."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from pgtwin.aws.at_once import at_once
from pgtwin.commands.desk import Desk
from pgtwin.deadlines import LOOK_SECONDS, SURVEY_SECONDS
from pgtwin.errors import SiteHangs, SiteRefused
from pgtwin.fork import forked
from pgtwin.record_copies import RecordCopies
from pgtwin.rpo import Rpo, rpo
from pgtwin.site_state import SiteState
from pgtwin.verdict import verdict
from topology.site import SITES, SiteName, other_site
from topology.topology import Topology


def survey(desk: Desk) -> dict[str, Any]:
    """The document of `pgtwin status --json`.

    Raises:
        SiteRefused: when AWS refuses everything in both regions, as for missing credentials.
    """
    asked: dict[str, Callable[[], Any]] = {}
    for name in SITES:
        site = desk.sites[name]
        asked |= {
            f"{name} status": partial(site.status, within_seconds=LOOK_SECONDS),
            f"{name} state": site.observe,
            f"{name} record": site.read_record,
            f"{name} alias": site.alias,
        }
    found = at_once(asked, SURVEY_SECONDS)
    _refuse_where_all_is_refused(found)
    sites = _corrected({name: _site(name, found) for name in SITES})
    states = {name: _state(name, sites[name]) for name in SITES}
    copies = RecordCopies.among({name: found[f"{name} record"] for name in SITES})
    newest = copies.newest
    writer = newest.writer if newest else desk.topology.writer
    found_rpo = _rpo(desk.topology, writer, states, sites)
    judged = verdict(
        states,
        copies,
        desk.topology.writer,
        rpo=found_rpo,
        hanging={name for name in SITES if sites[name].get("hangs")},
        aliases={name: sites[name]["alias"] for name in SITES},
    )
    return {
        "verdict": judged.text,
        "good": judged.good,
        "configured_writer": desk.topology.writer,
        "rpo": asdict(found_rpo),
        "record": newest and asdict(newest),
        "records_agree": not copies.differ,
        "records_are_rivals": copies.are_rivals,
        "sites": sites,
    }


def _refuse_where_all_is_refused(found: Mapping[str, Any]) -> None:
    refusals = [answer for answer in found.values() if isinstance(answer, SiteRefused)]
    if len(refusals) == len(found):
        raise refusals[0]


def _corrected(sites: dict[SiteName, dict[str, Any]]) -> dict[SiteName, dict[str, Any]]:
    """The same, but a replica that is ahead of the writer's history follows nothing."""
    states = {name: _state(name, sites[name]) for name in SITES}
    for name in SITES:
        ahead = forked(states[other_site(name)], states[name])
        if ahead:
            sites[name]["state"]["following"] = False
    return sites


def _rpo(
    topology: Topology,
    writer: SiteName,
    states: Mapping[SiteName, SiteState | None],
    sites: Mapping[SiteName, dict[str, Any]],
) -> Rpo:
    standby = topology.other(writer)
    lsns = {name: (sites[name].get("postgres") or {}).get("lsn") for name in SITES}
    return rpo(
        topology.replication,
        states[standby],
        other_region=sites[writer].get("other_region"),
        writer_lsn=lsns[writer],
        standby_lsn=lsns[standby],
    )


def _site(name: SiteName, found: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a site; each thing that is not is named under `unknown`, with the reason."""
    parts = {part: found[f"{name} {part}"] for part in ("status", "record", "alias")}
    state = found[f"{name} state"]
    unknown = {part: str(each) for part, each in parts.items() if isinstance(each, Exception)}
    known = {part: None if part in unknown else each for part, each in parts.items()}
    document = known["status"] or _in_short(parts["status"], state)
    record = known["record"]
    return {
        **document,
        "record": record and asdict(record),
        "alias": known["alias"],
        "unknown": unknown,
    }


def _in_short(why: Exception, state: SiteState | Exception) -> dict[str, Any]:
    """What is known where the whole document is late: it asks S3, which may be slow."""
    if isinstance(state, SiteState):
        return {"state": asdict(state)}
    return {"unreachable": str(why), "hangs": isinstance(why, SiteHangs)}


def _state(name: SiteName, document: dict[str, Any]) -> SiteState | None:
    state = document.get("state")
    if not state:
        return None
    fields = {key: state[key] for key in SiteState.__dataclass_fields__ if key in state}
    return SiteState(**{**fields, "site": name})
