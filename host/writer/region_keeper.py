"""Keeps the promise about the other region: one round of the guard, on a server of the site.

What always holds:

* A patch is of the Cluster as it was read before PostgreSQL was asked, by its resource version. Of
  several servers one decides; the others look again.
* The alarm is raised before commits are let go. A region whose metrics cannot be written keeps
  nobody waiting longer than `ALARM_SECONDS`: what is missing there is an alarm too.
* Where this site does not write, or is kept stopped, nothing is done and all that was seen is
  forgotten: silence has to be seen on the writer.
* A list that the site alone can satisfy is never written (`standby_list.checked`).
"""

import logging
from collections.abc import Callable
from concurrent.futures import wait
from datetime import datetime

from host.bundle.site_document import SiteDocument
from host.kubernetes import site_cluster
from host.kubernetes.cluster import DEGRADED_SINCE, Cluster
from host.kubernetes.kubectl import Object
from host.kubernetes.kubectl_failed import Failure, KubectlFailed
from host.machine.beside import beside
from host.postgres.psql import Psql
from host.site import Site
from host.writer import region_note
from host.writer.region_guard import Memory, Promise, Step, next_step
from host.writer.region_look import look
from host.writer.region_seen import Seen
from host.writer.standby_list import checked, names_outside, taken_off, with_outside

ALARM_SECONDS = 3.0
_SAID = {
    "write down": "commits may go on without the other region: that is written down",
    "let go": "commits go on without the other region: they are lost if this region is",
    "put back": "commits wait for the other region again, whether it answers or not",
    "clear": "the other region has every commit",
}
_log = logging.getLogger(__name__)
Raise = Callable[[], object]


def streams_as(site: SiteDocument) -> str:
    """What the other region streams under (`topology/names.py`, standby)."""
    return f"site-{site.peer.site}"


class RegionKeeper:
    """The guard of one server; it remembers what it saw."""

    def __init__(self) -> None:
        self._memory = Memory()
        self._released = False

    def release_once(self, site: Site) -> None:
        """In another mode: `release`, until it was done.

        Until the last server has the new bundle its guard may put the region back after `apply`
        took it off; that server's next run takes it off for good.
        """
        self._released = self._released or release(site)

    def round(self, site: Site, raise_alarm: Raise) -> Step:
        """Look, decide, and do one step at most; what was decided.

        Raises:
            HostError: where the API does not answer.
        """
        document = site.document
        live = site_cluster.find(site.kubectl, document)
        if live is None or live.primary_pod is None or not live.is_writer or live.stopped:
            self._memory = Memory()
            return "hold"
        seen = _seen(site, live, live.primary_pod)
        promise = Promise(rpo_seconds=document.rpo_seconds or 0)
        step, self._memory = next_step(promise, self._memory, seen), self._memory.after(seen)
        if step == "hold":
            return step
        if step == "let go":
            wait([beside(raise_alarm)], timeout=ALARM_SECONDS)
        missing = seen.at - (self._memory.covered_at or 0.0)
        merge = patch_of(step, live, document, site.machine.clock.now(), missing_seconds=missing)
        return step if _patched(site, live, merge, _SAID[step]) else "hold"


def _seen(site: Site, live: Cluster, pod: str) -> Seen:
    found = look(Psql.at(site, pod, database="postgres"), streams_as(site.document))
    return Seen(
        at=site.machine.clock.monotonic(),
        list_id=_list_id(live, pod),
        is_named=bool(names_outside(live.synchronous)),
        degraded_since=live.annotation(DEGRADED_SINCE),
        covered_seconds=region_note.covered_seconds(live, site.machine.clock.now()),
        look=found,
    )


def _list_id(live: Cluster, pod: str) -> str:
    """The API counts `generation` up whenever the spec is changed, and for nothing else."""
    return f"{live.uid} {live.item['metadata']['generation']} {pod}"


def patch_of(
    step: Step, live: Cluster, site: SiteDocument, now: datetime, *, missing_seconds: float
) -> Object:
    """What a step changes of the Cluster: pure. `missing_seconds` is for how long the region may
    lack what was acknowledged.
    """
    if step == "write down":
        return _noted({DEGRADED_SINCE: now.isoformat(timespec="seconds")})
    if step == "clear":
        return _noted(region_note.cleared())
    if step == "let go":
        noted = _noted(region_note.let_go(now, missing_seconds))
        return {**noted, "spec": taken_off(live.synchronous)}
    section = with_outside(live.synchronous, streams_as(site))
    return {"spec": {"postgresql": {"synchronous": checked(section, live.instances)}}}


def release(site: Site) -> bool:
    """Take the promise back after another mode was deployed, in one patch; whether it is.

    Raises:
        KubectlFailed: where the API does not answer.
    """
    live = site_cluster.find(site.kubectl, site.document)
    if site.document.replication == "synchronous" or live is None:
        return True
    spec, note = taken_off(live.synchronous), live.annotation(DEGRADED_SINCE)
    if not (spec or note):
        return True
    merge = {**_noted(region_note.cleared()), "spec": spec}
    return _patched(site, live, merge, "commits wait for the other region no more, as configured")


def _noted(annotations: dict[str, str | None]) -> Object:
    return {"metadata": {"annotations": annotations}}


def _patched(site: Site, live: Cluster, merge: Object, said: str) -> bool:
    """Whether the Cluster could be patched as it was read."""
    try:
        site_cluster.patch_as_read(site.kubectl, site.document, live, merge)
    except KubectlFailed as failed:
        if failed.failure is not Failure.CONFLICT:
            raise
        return False
    _log.warning("%s: %s", live.name, said)
    return True
