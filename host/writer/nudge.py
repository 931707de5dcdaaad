"""Keeps a demotion going that the operator would come back to only later, or minutes later.

* The primary's instance manager makes itself the designated primary when it looks at the Cluster
  and its PostgreSQL is shut down, and only then is there a token. Where the instance is one of
  several nothing makes it look (on the rig nobody could write for 16 s until it was nudged).
* After errors (a long S3 outage) the operator tries again by exponential back-off, at most 1000 s
  apart (controller-runtime's default). Any change of the Cluster makes it look at once, since it
  watches Clusters without a predicate (v1.30.0 internal/controller/cluster_controller.go:1276). So
  one is made.
* To archive the last, open segment the instance manager links it as `.partial` and removes the
  link again (v1.30.0 pkg/management/postgres/webserver/remote.go:583). Was it killed in between,
  the link is left, and every further try fails. The files that PostgreSQL itself calls `.partial`
  have one name only, so a second link tells them apart.
"""

import logging
from datetime import datetime

from host.errors import HostError
from host.kubernetes.cluster import KIND, NUDGED
from host.machine.machine import Clock
from host.site import Site
from host.writer.observation import Observation

SOON_SECONDS, SOON_UNTIL_SECONDS = 2, 30
"""As long as clients wait for nothing but the look of an instance manager."""
EVERY_SECONDS = 20
"""Afterwards, when there are errors: twice the operator's own 10 s
(pkg/reconciler/replicaclusterswitch/reconciler.go), so that its work is not disturbed."""
_PG_WAL = "/var/lib/postgresql/data/pgdata/pg_wal/"
_IN_USE_MINUTES = 6
"""An upload that hangs ends within 312 s (barman 3.19.1); a younger link may be in use."""
LEFTOVER = (
    *("find", _PG_WAL, "-maxdepth", "1", "-name", "*.partial", "-links", "+1"),
    *("-cmin", f"+{_IN_USE_MINUTES}", "-delete"),
)
_log = logging.getLogger(__name__)


class Nudge:
    """Called before each pause of a wait; acts every 2 s at first, then every 20 s."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._clock: Clock = site.machine.clock
        self._began = self._touched = self._cleared = self._clock.monotonic()

    def __call__(self, seen: Observation) -> None:
        """Remove what blocks the demotion, and make the operator look."""
        now = self._clock.monotonic()
        soon = now - self._began < SOON_UNTIL_SECONDS
        try:
            if now - self._cleared >= EVERY_SECONDS and seen.cluster.primary_pod:
                self._cleared = now
                self._remove_leftover(seen.cluster.primary_pod)
            if now - self._touched >= (SOON_SECONDS if soon else EVERY_SECONDS):
                self._touched = now
                self._touch(self._clock.now())
        except HostError as error:
            _log.info("the demotion could not be nudged: %s", error)

    def _remove_leftover(self, pod: str) -> None:
        where = ("exec", "-n", self._site.document.namespace, pod, "-c", "postgres", "--")
        self._site.kubectl.run(*where, *LEFTOVER, timeout_seconds=10)

    def _touch(self, now: datetime) -> None:
        document = self._site.document
        merge = {"metadata": {"annotations": {NUDGED: now.isoformat(timespec="seconds")}}}
        self._site.kubectl.patch(KIND, document.namespace, document.cluster, merge)
