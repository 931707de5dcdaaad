"""One line on how things stand: is a failover ready, and what is the RPO now."""

from collections.abc import Mapping
from dataclasses import dataclass

from pgtwin.rpo import Rpo
from pgtwin.site_state import SiteState
from topology.site import SITES, SiteName, other_site


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The line, and whether all is as it should be."""

    text: str
    good: bool


def verdict(
    states: Mapping[SiteName, SiteState | None],
    record_writer: SiteName | None,
    configured: str,
    *,
    rpo: Rpo | None = None,
) -> Verdict:
    """Judge both sites; a state is None where the site did not answer."""
    writers = [name for name in SITES if (state := states[name]) and state.accepts_writes]
    if len(writers) > 1:
        return _bad("both sites accept writes: fence the one that the record does not name, now")
    if not writers:
        return _no_writer(states)
    writer = writers[0]
    if record_writer is not None and record_writer != writer:
        return _bad(f"{writer} writes, but the record names {record_writer}")
    other, state = other_site(writer), states[writer]
    if state is not None and state.commits_stalled:
        return _bad(
            f"{writer} accepts writes and commits hang: {state.commits_stalled}; if that lasts - "
            f"run: pgtwin failover --to {other}"
        )
    found = _with_standby(writer, other, states[other], configured)
    if rpo is not None and rpo.degraded:
        return _bad(f"{found.text}; {rpo.degradation}")
    return found


def _with_standby(
    writer: SiteName, other: SiteName, standby: SiteState | None, configured: str
) -> Verdict:
    if standby is None:
        return _bad(f"{writer} writes; failover not ready: {other} does not answer")
    if not standby.exists:
        return _bad(
            f"{writer} writes; {other} has no cluster - run: pgtwin failback --site {other}"
        )
    if standby.fenced:
        return _bad(f"{writer} writes; {other} is fenced - run: pgtwin failback --site {other}")
    if not (standby.role == "replica" and standby.following):
        why = f": {standby.recovery_paused}" if standby.recovery_paused else ""
        return _bad(f"{writer} writes; failover not ready: {other} does not follow{why}")
    return _ready(writer, standby, configured)


def _ready(writer: SiteName, standby: SiteState, configured: str) -> Verdict:
    by = "stream" if standby.streams else "archive"
    text = f"{writer} writes; failover ready; RPO now: {standby.loss} ({by})"
    if configured != writer:
        return _bad(f"{text}; the configuration names {configured}: edit writer: and commit it")
    known = standby.heartbeat_age_seconds is not None
    return Verdict(text=text, good=known and standby.healthy)


def _no_writer(states: Mapping[SiteName, SiteState | None]) -> Verdict:
    answering = [name for name in SITES if states[name]]
    if not answering:
        return _bad("neither site answers; check your credentials - run: pgtwin doctor")
    if len(answering) == 1 and (state := states[answering[0]]) and not state.fenced:
        return _bad(
            f"no site accepts writes; pgtwin failover --to {answering[0]} would lose {state.loss}"
        )
    return _bad("no site accepts writes: repeat the command that was interrupted")


def _bad(text: str) -> Verdict:
    return Verdict(text=text, good=False)
