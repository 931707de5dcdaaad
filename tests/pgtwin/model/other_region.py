"""Commits that wait for the other region: who is waited for, the note, and what status says.

A commit that waits is a row that nobody was promised, so it is left out: a client writes where its
commit returns at once. Of the guard only the order is here, not its clock: it writes down that
commits may go on before it lets them, puts the region back as soon as that streams, and takes the
note back once the region has all. Its looks and its silence have a model of their own
(tests/host/decisions/model_region.py). What is told is the program's own: `promise_now` of the host
program and `rpo` of `pgtwin`.
"""

from dataclasses import asdict, replace

from host.evidence.status_document import OtherRegionStatus
from host.writer import region_guard
from host.writer.region_seen import Look, Region
from pgtwin import rpo
from tests.pgtwin.model.world import Place, World, other
from topology.site import SiteName


def hears(world: World, site: SiteName) -> bool:
    """Whether the other site streams from this writer, by the port that the gate keeps."""
    here, there = world.place(site), world.place(other(site))
    reads = there.exists and there.up and there.role == "replica" and not there.demoting
    if not (reads and here.accepts) or here.cut or there.cut:
        return False
    return here.rows[: len(there.rows)] == there.rows


def acknowledged(world: World, site: SiteName, row: int) -> World | None:
    """A client's write that returns; None where it would wait for the other region."""
    here, there = world.place(site), world.place(other(site))
    rows = (*here.rows, row)
    if here.listed and not hears(world, site):
        return None
    if here.listed:
        world = world.put(other(site), replace(there, rows=rows))
    return world.put(site, replace(here, rows=rows))


def guard(world: World, site: SiteName) -> World:
    """One round on the writer's servers: one change of the note or of the list at most."""
    here = world.place(site)
    if not here.accepts:
        return world
    return world.put(site, _next(here, hears=hears(world, site), complete=has_all(world, site)))


def _next(here: Place, *, hears: bool, complete: bool) -> Place:
    if not here.degraded and not (here.listed and hears):
        return replace(here, degraded=True)
    if here.listed and not hears:
        return replace(here, listed=False)
    if not here.listed and hears:
        return replace(here, listed=True)
    if here.listed and here.degraded and complete:
        return replace(here, degraded=False)
    return here


def has_all(world: World, site: SiteName) -> bool:
    """Whether the other region has all that this writer wrote."""
    return world.place(other(site)).rows == world.place(site).rows


def promoted(place: Place) -> Place:
    """Commits go on without the other region, which is lost or restarts; that is written down."""
    return replace(place, listed=False, degraded=True)


def demoted(place: Place) -> Place:
    """A replica waits for nobody and promises nothing."""
    return replace(place, listed=False, degraded=False)


def told(world: World, site: SiteName) -> bool:
    """Whether `pgtwin status` would say now that the loss of this site costs nothing."""
    here, there = world.place(site), world.place(other(site))
    if not here.writes or here.cut:
        return False
    sync_state = "sync" if here.listed else "async"
    region = Region(streaming=True, sync_state=sync_state, flushed=len(there.rows))
    look = Look(written=len(here.rows), region=region if hears(world, site) else None)
    note = "then" if here.degraded else None
    now = region_guard.promise_now(look, note)
    said = now and OtherRegionStatus(now=now, degraded_since=note, until=None)
    status = asdict(said) if said else None
    return rpo.rpo("synchronous", None, other_region=status).bounded_by == "synchronous"
