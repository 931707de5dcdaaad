"""What the host program and the operator do on a site, as docs/interfaces.md has it."""

from dataclasses import replace

from pgtwin.errors import SiteFailed, SiteRefused
from pgtwin.record import NO_PROMOTION
from tests.pgtwin.model import other_region
from tests.pgtwin.model.world import Copy, Place, Rows, World, other
from topology.site import SiteName


def newest_copy(world: World, site: SiteName) -> Copy:
    """The record as the site can read it; a region that is cut reads and is read by nobody."""
    found = max(readable(world, site), key=lambda copy: copy.epoch)
    newest = that_counts(found, world.place(site).seen)
    return newest if newest.epoch else by_role(world, site)


def readable(world: World, site: SiteName) -> tuple[Copy, ...]:
    """The copies that the site's machines can read, their own region's first."""
    own, peer = world.place(site), world.place(other(site))
    return (stored(own),) if own.cut or peer.cut else (stored(own), stored(peer))


def stored(place: Place) -> Copy:
    """The newest version, unless it landed late over the one before it."""
    return place.before if place.before.epoch >= place.copy.epoch else place.copy


def that_counts(found: Copy, seen: Copy) -> Copy:
    """The newest copy, unless the machines have read one that was there before it; what they
    remember permits no promotion.
    """
    if seen.epoch > found.epoch or (seen.epoch == found.epoch and seen.writer != found.writer):
        return replace(seen, token=NO_PROMOTION)
    return found


def by_role(world: World, site: SiteName) -> Copy:
    """What stands for the record where there is none: the Cluster's own role."""
    writer = site if world.place(site).role == "writer" else other(site)
    return Copy(writer=writer)


def contested(world: World, site: SiteName) -> bool:
    copies = readable(world, site)
    return are_rivals(copies) and that_counts(copies[0], world.place(site).seen) == copies[0]


def are_rivals(copies: tuple[Copy, ...]) -> bool:
    newest = max(copy.epoch for copy in copies)
    return len({copy.writer for copy in copies if copy.epoch == newest}) > 1


def remember(world: World, site: SiteName) -> World:
    """Machines that run keep the newest copy that they have read, in either region."""
    place = world.place(site)
    known = (*readable(world, site), place.seen)
    newest = max(known, key=lambda copy: copy.epoch)
    if not place.up or are_rivals(known) or newest.epoch == place.seen.epoch:
        return world
    return world.put(site, replace(place, seen=newest))


def replay(world: World, site: SiteName) -> World:
    """A replica replays what the other's archive has, unless the histories differ."""
    here, source = world.place(site), world.place(other(site))
    readable = here.exists and here.up and here.role == "replica"
    readable = readable and not (here.cut or source.cut)
    if readable and source.archived[: len(here.rows)] == here.rows:
        return world.put(site, replace(here, rows=source.archived))
    return world


def stream(world: World, site: SiteName) -> World:
    """A replica streams from the other site's writer, by the port that the gate keeps."""
    if not other_region.hears(world, other(site)):
        return world
    return world.put(site, replace(world.place(site), rows=world.place(other(site)).rows))


def promote(world: World, site: SiteName, token: Rows | None) -> World:
    may_be_promoted(world, site, token)
    return patch_promotion(world, site, token)


def patch_promotion(world: World, site: SiteName, token: Rows | None) -> World:
    """The patch, which is decided by the record as it is then."""
    may_be_promoted(world, site, token)
    copy = newest_copy(world, site)
    place = world.place(site)
    if place.role == "writer":
        return note_the_epoch(world, site, copy, token)
    if was_demoted_since(place, copy):
        raise SiteRefused("this epoch's promotion took place already")
    world = replay(end_demotion(world, site), site)
    place = world.place(site)
    if place.demoting:
        raise SiteFailed("waits for the end of the demotion")
    _refuse_unless_replayed(place, token)
    if token is None:
        if not world.place(other(site)).fence_tried:
            world = replace(world, problem="promoted before fencing was attempted")
        world = replace(world, truth=place.rows)
    promoted = replace(
        place,
        role="writer",
        promoted_in=copy.epoch,
        token=None,
        archived=place.rows,
        fence_tried=False,
        gate_closed=True,
    )
    if "synchronous" in world.budget.also:
        promoted = other_region.promoted(promoted)
    return admit(world.put(site, promoted), site)


def note_the_epoch(world: World, site: SiteName, copy: Copy, token: Rows | None) -> World:
    """A site that was told to write before; without a token it is told so in a newer epoch too."""
    place = world.place(site)
    if place.promoted_in != copy.epoch and token is not None:
        raise SiteRefused("already the writer")
    told = replace(place, promoted_in=copy.epoch, isolated=False)
    return count_its_rows(world.put(site, told), site)


def count_its_rows(world: World, site: SiteName) -> World:
    """What clients were told while nobody else was promoted counts after all."""
    rows = world.place(site).rows
    return replace(world, truth=rows) if rows[: len(world.truth)] == world.truth else world


def _refuse_unless_replayed(place: Place, token: Rows | None) -> None:
    if token is None or place.rows == token:
        return
    if token[: len(place.rows)] == place.rows:
        raise SiteFailed("waits for the rest of the archive")
    raise SiteRefused("the token is not of this history")


def was_demoted_since(place: Place, copy: Copy) -> bool:
    """An epoch permits one promotion, whoever repeats it."""
    return place.promoted_in == copy.epoch


def may_be_promoted(world: World, site: SiteName, token: Rows | None) -> None:
    _powered(world, site)
    copy = newest_copy(world, site)
    if contested(world, site) or copy.writer != site or copy.token != _text(token):
        raise SiteRefused("the record does not name this site with this token")
    if world.place(site).stopped or not world.place(site).exists:
        raise SiteRefused("fenced, or gone")


def put_record(world: World, site: SiteName, copy: Copy) -> World:
    """A put that asks nobody; the region's own machines read it within seconds. When those of the
    other region do is left open.
    """
    place = world.place(site)
    newest = max((place.seen, copy), key=lambda each: each.epoch) if place.up else place.seen
    return world.put(site, replace(place, copy=copy, before=place.copy, seen=newest))


def demote(world: World, site: SiteName, epoch: int) -> World:
    """To the end: the verb waits until the token is there."""
    return end_demotion(begin_demotion(world, site, epoch), site)


def begin_demotion(world: World, site: SiteName, epoch: int) -> World:
    _powered(world, site)
    place = world.place(site)
    if place.role == "replica":
        if place.token is None and not place.demoting:
            raise SiteRefused("never was the writer")
        return world
    copy = newest_copy(world, site)
    if contested(world, site) or copy.writer != site or copy.epoch != epoch:
        raise SiteRefused("the record does not name this site in this epoch")
    if place.stopped or not place.archives:
        raise SiteFailed("the last segment cannot be archived")
    peer = world.place(other(site))
    if peer.exists and copy.server(other(site)) != peer.server:
        world = replace(world, problem="demoted to follow an archive that nobody writes")
    demoted = replace(place, role="replica", token=None, demoting=True)
    return world.put(site, other_region.demoted(demoted))


def end_demotion(world: World, site: SiteName) -> World:
    """The operator archives the last segment and gives the token."""
    place = world.place(site)
    if not (place.demoting and place.archives):
        return world
    ended = replace(place, token=place.rows, archived=place.rows, demoting=False)
    return world.put(site, ended)


def follow(world: World, site: SiteName, server: str) -> World:
    _powered(world, site)
    copy, place = newest_copy(world, site), world.place(site)
    if contested(world, site) or copy.writer == site or copy.server(site) != server:
        raise SiteRefused("the record does not want this clone")
    if place.exists and place.role == "replica" and place.server == server:
        return world
    if place.exists and not world.confirmed.startswith(site):
        world = replace(world, problem="a cluster was deleted that nobody named")
    return replace(cloned(world, site, server), confirmed="")


def cloned(world: World, site: SiteName, server: str) -> World:
    place, source = world.place(site), world.place(other(site))
    clone = replace(
        place,
        exists=True,
        role="replica",
        server=server,
        rows=source.archived,
        archived=source.archived,
        stopped=False,
        token=None,
        demoting=False,
        promoted_in=None,
        isolated=False,
    )
    return world.put(site, other_region.demoted(clone))


def keep_the_record(world: World, site: SiteName) -> World:
    """`apply` and `report`: a writer that the record does not name is stopped, and a Cluster that
    is gone is made again as a replica.
    """
    place, copy = world.place(site), newest_copy(world, site)
    if copy.writer == site or not place.up:
        return world
    if not place.exists:
        fresh = copy.epoch > 0 and copy.server(site) != place.server
        return cloned(world, site, copy.server(site)) if fresh else world
    if place.role == "writer":
        return world.put(site, replace(place, stopped=True))
    return world


def boot(world: World, site: SiteName) -> World:
    """Machines start; clients are kept out before PostgreSQL may run."""
    place = world.place(site)
    if place.up and not place.stopping:
        return world
    started = replace(
        place,
        up=True,
        stopping=False,
        gate_closed=closes_at_start(),
        epoch_at_start=place.copy.epoch,
        started_as_writer=place.role == "writer" or _is_being_promoted(world, site),
    )
    return world.put(site, started)


def _is_being_promoted(world: World, site: SiteName) -> bool:
    return any(operator.command[1] == site for operator in world.operators)


def reboot(world: World, site: SiteName) -> World:
    """Machines that run start again."""
    return boot(world.put(site, replace(world.place(site), up=False)), site)


def closes_at_start() -> bool:
    """The packet filter is closed by a unit before k3s starts."""
    return True


def end_stop(world: World, site: SiteName) -> World:
    """EC2 has stopped the machines."""
    place = world.place(site)
    if not place.stopping:
        return world
    return world.put(site, replace(place, up=False, stopping=False))


def admit(world: World, site: SiteName) -> World:
    """What moves the gate: a record that was read, never one that could not be."""
    world = remember(world, site)
    place, peer = world.place(site), world.place(other(site))
    if not place.up:
        return world
    names = newest_copy(world, site).writer
    complete = not (place.cut or peer.cut)
    rose = place.copy.epoch > place.epoch_at_start
    closed = place.gate_closed
    if names != site:
        closed = True
    elif complete or rose:
        closed = False
    if are_rivals((*readable(world, site), place.seen)):
        closed = place.gate_closed
    return world.put(site, replace(place, gate_closed=closed and place.role == "writer"))


def hold(world: World, site: SiteName, epoch: int) -> World:
    _powered(world, site)
    if was_decided_before(newest_copy(world, site), epoch):
        raise SiteRefused("the record is of a later epoch")
    return world.put(site, replace(world.place(site), stopped=True))


def was_decided_before(copy: Copy, epoch: int) -> bool:
    """Whether the plan that sent a fence was overtaken since."""
    return copy.epoch > epoch


def unfence(world: World, site: SiteName) -> World:
    _powered(world, site)
    place = world.place(site)
    if place.role == "writer" and newest_copy(world, site).writer != site:
        raise SiteRefused("the record names the other site")
    opened = replace(place, stopped=False, isolated=False)
    world = world.put(site, opened)
    return count_its_rows(world, site) if place.role == "writer" else world


def _text(rows: Rows | None) -> str | None:
    return None if rows is None else "t" + ",".join(map(str, rows))


def _powered(world: World, site: SiteName) -> None:
    if not world.place(site).up:
        raise SiteRefused("no machine runs")
