"""Makes the throw-away cluster of a verification, and deletes it.

What always holds: nothing is deleted but what `may_delete` allows, the Job and the claims that
carry that cluster's name, each by its own name. What an interrupted run left is deleted by the next
run of the same machine; that of another machine is left alone.
"""

import logging
from collections.abc import Callable

from host.deadlines import COPY_SECONDS, GONE_SECONDS
from host.errors import Failed, Refused
from host.kubernetes import cluster, operator_log, recovery_job
from host.kubernetes.cluster import Cluster
from host.kubernetes.kubectl import Object
from host.machine.waiting import wait_for
from host.site import Site
from host.verification.throw_away_cluster import VERIFIED_BY, may_delete

CLAIMS = "persistentvolumeclaims"
JOBS = "jobs.batch"
PATIENCE_SECONDS = 300
_log = logging.getLogger(__name__)


class ThrowAway:
    """The throw-away clusters of one machine."""

    def __init__(self, site: Site, machine: str) -> None:
        self._site = site
        self._machine = machine
        self._kubectl = site.kubectl.patient(PATIENCE_SECONDS)
        self._namespace = site.document.namespace
        self._live = (site.document.cluster, site.document.peer.cluster)

    def clear(self) -> None:
        """Delete what interrupted runs of this machine left.

        Raises:
            Refused: while another machine verifies.
        """
        for item in self._kubectl.list(cluster.KIND, self._namespace, selector=VERIFIED_BY):
            name, by = item["metadata"]["name"], item["metadata"]["labels"][VERIFIED_BY]
            if by != self._machine:
                raise Refused(
                    f"{by} verifies in the cluster {name}; nothing was changed - repeat when it "
                    f"has ended; if {by} is gone, run: sudo k3s kubectl -n {self._namespace} "
                    f"delete cluster {name}"
                )
            self.delete(name)

    def make(self, item: Object) -> str:
        """Create it and wait until it is healthy; its pod.

        Raises:
            Failed: when the recovery failed for good.
            TimedOut: after four hours.
        """
        name = item["metadata"]["name"]
        self._kubectl.create(item)
        found = wait_for(
            self._site.machine.clock,
            f"the restore into {name}",
            lambda: self._restored(name),
            deadline_seconds=COPY_SECONDS,
            every_seconds=2,
        )
        return str(found.primary_pod)

    def delete(self, name: str) -> str:
        """Delete the cluster of that name, its Job and its claims, and wait until they are gone.

        Raises:
            Failed: where it is not a throw-away; nothing was deleted.
            TimedOut: when they do not go; safe to repeat.
        """
        found = self._find(name)
        if found is not None and not may_delete(found, sites=self._live):
            raise Failed(f"{name} is not a throw-away cluster; it was not deleted")
        _log.info("deleting the throw-away cluster %s", name)
        self._kubectl.delete(JOBS, self._namespace, name)
        self._kubectl.delete(cluster.KIND, self._namespace, name)
        self._await_gone(f"the cluster {name}", lambda: self._find(name) is None)
        for claim in self._claims(name):
            self._kubectl.delete(CLAIMS, self._namespace, claim)
        self._await_gone(f"the claims of {name}", lambda: not self._claims(name))
        return f"{name} and its claims are gone"

    def _await_gone(self, what: str, gone: Callable[[], bool]) -> None:
        clock = self._site.machine.clock
        wait_for(clock, f"{what} to go", gone, deadline_seconds=GONE_SECONDS, every_seconds=1)

    def _find(self, name: str) -> Object | None:
        return self._kubectl.get(cluster.KIND, name, "-n", self._namespace)

    def _claims(self, name: str) -> list[str]:
        selector = f"cnpg.io/cluster={name}"
        claims = self._kubectl.list(CLAIMS, self._namespace, selector=selector)
        return [claim["metadata"]["name"] for claim in claims]

    def _restored(self, name: str) -> Cluster | None:
        item = self._find(name)
        if item is None:
            raise Failed(f"the cluster {name} was deleted meanwhile")
        found = Cluster(item=item)
        if found.phase == cluster.UNRECOVERABLE:
            told = found.status("phaseReason") or found.phase
            said = operator_log.why(self._kubectl, self._namespace, recovery_job.of(name))
            raise Failed(f"the restore failed: {told}: {said}")
        return found if found.healthy and found.primary_pod else None
