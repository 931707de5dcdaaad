"""One line on how things stand: is a failover ready, and what is the RPO now."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pgtwin.failback_check import as_a_replica, brought_back
from pgtwin.fork import forked
from pgtwin.next_command import NextCommand
from pgtwin.record import Record
from pgtwin.record_copies import RecordCopies
from pgtwin.rpo import Rpo
from pgtwin.site_state import SiteState
from topology.site import SITES, SiteName, other_site

_HANGS = "answers and does no work"
_STALLED = "read: docs/runbooks/commits-stalled.md"
_LATE = "read: docs/runbooks/heartbeat-age.md"
DIFFER = "the two regions' records differ, and a failover goes by one of them alone"
RIVALS = "the two regions' records name different writers, so no site can be promoted"
KEPT_OUT = "Clients are kept out of a machine"
"""The part of docs/operate.md."""
SETTLE = "Two records disagree, or both sites write"
"""The part of docs/failover.md."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The line, and whether all is as it should be."""

    text: str
    good: bool


def verdict(
    states: Mapping[SiteName, SiteState | None],
    copies: RecordCopies,
    configured: str,
    *,
    rpo: Rpo | None = None,
    hanging: Collection[SiteName] = (),
    aliases: Mapping[SiteName, SiteName | None] = MappingProxyType({}),
) -> Verdict:
    """Judge both sites; a state is None where the site did not answer.

    Of `hanging` a machine took the question, and did not answer it. Where the copies of the record
    differ a failover may go by the older one. `aliases` says where each region's name of the writer
    leads; None where it leads nowhere that is known. Until a site took over each leads to its own
    site (docs/architecture.md, decision 24).
    """
    record = copies.newest
    then = NextCommand(states=states, record=record, unread=copies.unread)
    writers = [name for name in SITES if (state := states[name]) and state.accepts_writes]
    if copies.are_rivals:
        return _bad(f"{_who_writes(writers)}; {RIVALS} - {_settle(writers)}")
    if len(writers) > 1:
        return _bad(f"{_who_writes(writers)}, now - {_settle([record.writer] if record else [])}")
    if not writers:
        return _no_writer(then, hanging)
    writer = writers[0]
    if record is not None and record.writer != writer:
        return _bad(then.where_the_record_names_another(writer))
    found = _with_writer(writer, then, configured, hanging, rpo)
    wrong = [
        *_of_the_copies(writer, states[other_site(writer)], copies),
        *([rpo.degradation] if rpo is not None and rpo.degraded else []),
        *_of_the_aliases(writer, then, aliases),
    ]
    return _bad("; ".join([found.text, *wrong])) if wrong else found


def _of_the_copies(
    writer: SiteName, standby: SiteState | None, copies: RecordCopies
) -> Iterator[str]:
    if copies.differ and standby is not None and standby.is_following_replica:
        yield f"{DIFFER} - run: pgtwin record --writer {writer}"


def _who_writes(writers: list[SiteName]) -> str:
    if len(writers) > 1:
        return "both sites accept writes"
    return f"{writers[0]} writes" if writers else "no site is seen to accept writes"


def _settle(writers: list[SiteName]) -> str:
    """What to run where one site has to be chosen, or is chosen already."""
    if len(writers) == 1:
        return f"run: pgtwin record --writer {writers[0]}"
    return f"read: docs/failover.md, {SETTLE!r}"


def _led_by_us(writer: SiteName, record: Record | None) -> tuple[SiteName, ...]:
    """The regions whose name has to lead to the writer; the replica's has its own at first."""
    return (writer,) if record is None or record.has_first_writer else SITES


def _of_the_aliases(
    writer: SiteName, then: NextCommand, aliases: Mapping[SiteName, SiteName | None]
) -> Iterator[str]:
    """Clients are led to the site that does not write; a repeated plan points the name again."""
    led = _led_by_us(writer, then.record)
    where = [name for name in led if aliases.get(name) == other_site(writer)]
    if where:
        again = then.switchover(writer) or then.failover(writer) or then.settled(writer)
        yield (
            f"the writer's name in the region of {' and '.join(where)} leads to "
            f"{other_site(writer)} - {again or 'once both regions answer, repeat: pgtwin status'}"
        )


def _with_writer(
    writer: SiteName,
    then: NextCommand,
    configured: str,
    hanging: Collection[SiteName],
    rpo: Rpo | None,
) -> Verdict:
    states, other = then.states, other_site(writer)
    state = states[writer]
    if state is not None and state.commits_stalled:
        return _bad(
            f"{writer} accepts writes and commits hang: {state.commits_stalled} - {_STALLED}"
        )
    ahead = forked(state, states[other])
    if ahead:
        return _bad(f"{writer} writes; failover not ready: {other} cannot follow: {ahead}")
    found = _with_standby(writer, then, configured, rpo, hangs=other in hanging)
    if state is not None and state.clients_admitted is False:
        found = _bad(
            f"{found.text}; {writer} keeps clients out of the machine that answers - "
            f"read: docs/operate.md, {KEPT_OUT!r}"
        )
    if state is not None and state.archive_slow:
        return _bad(
            f"{found.text}; the archive of {writer} is slow: {state.archive_slow} - "
            "read: docs/runbooks/archive-backlog.md"
        )
    return found


def _with_standby(
    writer: SiteName, then: NextCommand, configured: str, rpo: Rpo | None, *, hangs: bool
) -> Verdict:
    other = other_site(writer)
    standby = then.states[other]
    if standby is None:
        why = _HANGS if hangs else "does not answer"
        hint = _where_it_is_silent(other, then.record, hangs=hangs)
        return _bad(f"{writer} writes; failover not ready: {other} {why} - {hint}")
    back = brought_back(other, then.record, state=standby, writer=then.states[writer])
    if not standby.exists:
        return _bad(f"{writer} writes; {other} has no cluster - {back}")
    if standby.fenced:
        return _bad(f"{writer} writes; {other} is fenced - {back}")
    if standby.role != "replica":
        return _bad(f"{writer} writes; failover not ready: {other} does not follow - {back}")
    if not standby.following:
        why = f": {standby.recovery_paused}" if standby.recovery_paused else ""
        return _bad(f"{writer} writes; failover not ready: {other} does not follow{why} - {_LATE}")
    return _ready(writer, standby, configured, rpo)


def _where_it_is_silent(other: SiteName, record: Record | None, *, hangs: bool) -> str:
    """A site that a failover has stopped never answers by itself, and is not started by hand."""
    if hangs:
        return "read: docs/runbooks/nodes-not-ready.md"
    if record is not None and record.token is None:
        return f"once its region is back, run: {as_a_replica(other)}"
    return "read: docs/runbooks/machine-lost.md"


def _ready(writer: SiteName, standby: SiteState, configured: str, rpo: Rpo | None) -> Verdict:
    by = "stream" if standby.streams else "archive"
    is_kept = rpo is not None and rpo.bounded_by == "synchronous"
    now = "0 (synchronous)" if is_kept else f"{standby.loss} ({by})"
    text = f"{writer} writes; failover ready; RPO now: {now}"
    if configured != writer:
        return _bad(f"{text}; the configuration names {configured} - edit `writer:` and commit it")
    if not standby.healthy:
        return _bad(
            f"{text}; {standby.site} is not healthy - read: docs/runbooks/missing-instances.md"
        )
    if standby.heartbeat_age_seconds is None or standby.loss.seconds is None:
        return _bad(f"{text}; it cannot be measured by the heartbeat - {_LATE}")
    return Verdict(text=text, good=True)


def _no_writer(then: NextCommand, hanging: Collection[SiteName]) -> Verdict:
    if gray := _may_write(then.states, hanging):
        name, why = gray
        return _bad(
            f"{name} {why}, and it is unknown whether it accepts writes; if that lasts - "
            f"{_takeover(then, other_site(name))}"
        )
    if any(then.states.values()):
        return _bad(then.where_nobody_writes())
    if hanging:
        each = (f"{name} {_HANGS if name in hanging else 'does not answer'}" for name in SITES)
        return _bad(f"no site can tell who writes: {', '.join(each)} - repeat: pgtwin status")
    if then.record is not None and not then.unread:
        return _bad(
            f"no machine of either site answers, and the record names {then.record.writer} - start "
            f"{then.record.writer}'s machines in EC2, then repeat: pgtwin status"
        )
    return _bad("neither site answers; check your credentials - run: pgtwin doctor")


def _takeover(then: NextCommand, to: SiteName) -> str:
    command, survivor = then.failover(to), then.states[to]
    if command is None or survivor is None:
        return "repeat: pgtwin status"
    return f"{command}; that would lose {survivor.loss}"


def _may_write(
    states: Mapping[SiteName, SiteState | None], hanging: Collection[SiteName]
) -> tuple[SiteName, str] | None:
    """A site that may be the writer and cannot tell, and what is wrong with it."""
    for name in SITES:
        state, other = states[name], states[other_site(name)]
        if state is not None and state.role == "writer" and state.accepts_writes is None:
            return name, "runs a PostgreSQL that does not answer"
        if state is None and name in hanging and other is not None and not other.fenced:
            return name, _HANGS
    return None


def _bad(text: str) -> Verdict:
    return Verdict(text=text, good=False)
