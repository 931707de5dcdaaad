"""What the host program and the operator do on a site, as docs/interfaces.md has it."""

from dataclasses import replace

from pgtwin.errors import SiteFailed, SiteRefused
from tests.pgtwin.model.world import Copy, Rows, World, other
from topology.site import SiteName


def newest_copy(world: World, site: SiteName) -> Copy:
    """The record as the site can read it; a region that is cut reads and is read by nobody."""
    own, peer = world.place(site), world.place(other(site))
    newest = own.copy
    if not (own.cut or peer.cut):
        newest = max(own.copy, peer.copy, key=lambda copy: copy.epoch)
    return newest if newest.epoch else by_role(world, site)


def by_role(world: World, site: SiteName) -> Copy:
    """What stands for the record where there is none: the Cluster's own role."""
    writer = site if world.place(site).role == "writer" else other(site)
    return Copy(writer=writer)


def contested(world: World, site: SiteName) -> bool:
    own, peer = world.place(site), world.place(other(site))
    same = own.copy.epoch == peer.copy.epoch and not (own.cut or peer.cut)
    return same and own.copy.writer != peer.copy.writer


def replay(world: World, site: SiteName) -> World:
    """A replica replays what the other's archive has, unless the histories differ."""
    here, source = world.place(site), world.place(other(site))
    readable = here.up and here.role == "replica" and not (here.cut or source.cut)
    if readable and source.archived[: len(here.rows)] == here.rows:
        return world.put(site, replace(here, rows=source.archived))
    return world


def promote(world: World, site: SiteName, token: Rows | None) -> World:
    copy = newest_copy(world, site)
    place = world.place(site)
    _may_be_promoted(world, site, token)
    if place.role == "writer":
        if place.promoted_in == copy.epoch:
            return world
        raise SiteRefused("already the writer")
    world = replay(end_demotion(world, site), site)
    place = world.place(site)
    if place.demoting:
        raise SiteFailed("waits for the end of the demotion")
    if token is not None and place.rows != token:
        if token[: len(place.rows)] == place.rows:
            raise SiteFailed("waits for the rest of the archive")
        raise SiteRefused("the token is not of this history")
    if token is None:
        if not world.place(other(site)).fence_tried:
            world = replace(world, problem="promoted before fencing was attempted")
        world = replace(world, truth=place.rows)
    return world.put(
        site,
        replace(
            place,
            role="writer",
            promoted_in=copy.epoch,
            token=None,
            archived=place.rows,
            fence_tried=False,
        ),
    )


def _may_be_promoted(world: World, site: SiteName, token: Rows | None) -> None:
    _powered(world, site)
    copy = newest_copy(world, site)
    if contested(world, site) or copy.writer != site or copy.token != _text(token):
        raise SiteRefused("the record does not name this site with this token")
    if world.place(site).stopped:
        raise SiteRefused("fenced")


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
    return world.put(site, replace(place, role="replica", token=None, demoting=True))


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
    if place.role == "replica" and place.server == server:
        return world
    if world.confirmed != site:
        world = replace(world, problem="a cluster was deleted that nobody named")
    source = world.place(other(site))
    clone = replace(
        place,
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
    return replace(world.put(site, clone), confirmed="")


def keep_the_record(world: World, site: SiteName) -> World:
    """`boot`, `apply` and `report`: a writer that the record does not name is stopped."""
    place = world.place(site)
    if place.role == "writer" and newest_copy(world, site).writer != site:
        return world.put(site, replace(place, stopped=True))
    return world


def boot(world: World, site: SiteName) -> World:
    """Machines start; the guard runs before PostgreSQL may."""
    return keep_the_record(world.put(site, replace(world.place(site), up=True)), site)


def unfence(world: World, site: SiteName) -> World:
    _powered(world, site)
    place = world.place(site)
    if place.role == "writer" and newest_copy(world, site).writer != site:
        raise SiteRefused("the record names the other site")
    opened = replace(place, stopped=False, closed=None, isolated=False)
    if place.role == "writer" and place.rows[: len(world.truth)] == world.truth:
        # What clients were told while nobody else was promoted counts after all.
        world = replace(world, truth=place.rows)
    return world.put(site, opened)


def _text(rows: Rows | None) -> str | None:
    return None if rows is None else "t" + ",".join(map(str, rows))


def _powered(world: World, site: SiteName) -> None:
    if not world.place(site).up:
        raise SiteRefused("no machine runs")
