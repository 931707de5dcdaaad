"""Whether a switchover may begin, go on, or be finished: pure, over what was observed.

What always holds: who asked to lose nothing is sent to a failover, which may lose rows, only for a
writer that is lost. Where it writes, or its commits hang, the page tells what loses nothing first.
"""

from pgtwin.failback_check import brought_back
from pgtwin.fork import forked, is_unknown
from pgtwin.record import Record
from pgtwin.site_state import SiteState


def why_not(record: Record, *, old: SiteState, new: SiteState) -> str | None:
    """Why a switchover from `old` to `new` must not begin or go on; None when it may."""
    for state, other in ((old, new), (new, old)):
        if not state.exists:
            return f"{state.site} has no cluster - {_back(state, other, record)}"
    if new.role == "writer":
        return _why_not_finish(record, old=old, new=new)
    if old.fenced or new.fenced:
        fenced, other = (old, new) if old.fenced else (new, old)
        if fenced.accepts_writes and record.writer == fenced.site:
            return (
                f"{fenced.site} writes, and a failover has closed its archive - "
                f"run: pgtwin record --writer {fenced.site}"
            )
        return f"{fenced.site} is fenced - {_back(fenced, other, record)}"
    if old.role == "replica":
        return None
    return _why_not_begin(record, old=old, new=new)


def _why_not_begin(record: Record, *, old: SiteState, new: SiteState) -> str | None:
    if record.writer != old.site:
        return f"{old.site} is the writer, but the record names {new.site} - run: pgtwin status"
    if not (old.accepts_writes and old.healthy):
        return f"{old.site} is not healthy - if it is lost, run: pgtwin failover --to {new.site}"
    if old.commits_stalled:
        return (
            f"commits hang on {old.site} ({old.commits_stalled}), so its demotion may not end - "
            "read: docs/runbooks/commits-stalled.md"
        )
    if old.archive_slow:
        return (
            f"the archive of {old.site} does not keep up ({old.archive_slow}), and nobody would "
            "write until everything is archived - wait, or if that lasts, "
            "read: docs/runbooks/archive-backlog.md"
        )
    if old.backup_running:
        return (
            f"a base backup of {old.site} is running; wait until it ends - run: pgtwin backup list"
        )
    return _why_not_followed(old, new)


def _why_not_followed(old: SiteState, new: SiteState) -> str | None:
    ahead = forked(old, new)
    if ahead:
        return f"{new.site} cannot follow {old.site}: {ahead}"
    if is_unknown(old, new):
        return (
            f"it is unknown whether {new.site} can follow {old.site}, which left timeline "
            f"{new.timeline} and does not say where - repeat: pgtwin switchover --to {new.site}"
        )
    if new.following and new.healthy:
        return None
    if new.recovery_paused:
        why = f": {new.recovery_paused} - read: docs/runbooks/heartbeat-age.md"
    else:
        why = " - run: pgtwin status"
    return f"{new.site} does not follow {old.site}{why}"


def _why_not_finish(record: Record, *, old: SiteState, new: SiteState) -> str | None:
    if record.writer != new.site:
        return f"{new.site} is the writer, but the record names {old.site} - run: pgtwin status"
    if old.role == "writer":
        return (
            f"{old.site} was the writer before {new.site} and has not been re-cloned - "
            f"{_back(old, new, record)}"
        )
    return None


def _back(state: SiteState, other: SiteState, record: Record) -> str:
    return brought_back(state.site, record, state=state, writer=other)
