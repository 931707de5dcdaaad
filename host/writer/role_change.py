"""Carries out the steps of a change of role until there is none left.

What always holds: a patch is decided by the Cluster and the record as they are at that moment, and
it names the Cluster's resource version. What was decided by an older look is decided again.
"""

import logging
from collections.abc import Callable

from host.errors import Failed, Refused, TimedOut
from host.kubernetes import site_cluster
from host.kubernetes.cluster import Cluster
from host.kubernetes.kubectl_failed import Failure, KubectlFailed
from host.site import Site
from host.writer.observation import Observation, Observer
from host.writer.role_step import Done, Patch, Refuse, Step, Wait

DEADLINE_SECONDS = 900
"""Longer than the replay of everything that the archive may still hold in the worst case that the
drill knows; a run that gives up is safe to repeat."""
_EVERY_SECONDS = 0.5
_log = logging.getLogger(__name__)
Decide = Callable[[Observation], Step]
Meanwhile = Callable[[Observation], None]


def nothing(_seen: Observation) -> None:
    """What most changes do while they wait."""


def change_role(
    site: Site,
    decide: Decide,
    *,
    meanwhile: Meanwhile = nothing,
    observer: Observer | None = None,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> None:
    """Ask for the next step and do it, after a short pause again, until there is none.

    `meanwhile` is called before each pause.

    Raises:
        Refused: when a step is refused; what had been asked for was taken back.
        TimedOut: after `deadline_seconds`.
    """
    clock, observer = site.machine.clock, observer or Observer(site)
    deadline = clock.monotonic() + deadline_seconds
    said = ""
    while clock.monotonic() < deadline:
        step = _patiently(lambda: _take(site, observer, decide, meanwhile))
        if isinstance(step, Done):
            return
        if isinstance(step, Wait):
            if step.what != said:
                _log.info("waiting for %s", step.what)
            said = step.what
            clock.sleep(_EVERY_SECONDS)
    waited = f"timed out after {deadline_seconds:.0f} s"
    raise TimedOut(f"{waited} waiting for {said} - repeat the command")


def _patiently(take: Callable[[], Step]) -> Step:
    """One step; an API server that is away for a moment, or a conflict, is waited for."""
    try:
        return take()
    except KubectlFailed as failed:
        if not failed.passing and failed.failure is not Failure.CONFLICT:
            raise Failed(f"{failed} - run: pgtwin status") from None
        return Wait(what=f"the API server ({failed.message})")


def _take(site: Site, observer: Observer, decide: Decide, meanwhile: Meanwhile) -> Step:
    seen = observer.look()
    step = decide(seen)
    if isinstance(step, Patch | Refuse) and step.merge is not None:
        now = observer.look_again(seen)
        if decide(now) != step:
            return Wait(what="the cluster to stop changing")
        apply_patch(site, now.cluster, step)
    if isinstance(step, Refuse):
        raise Refused(step.why)
    if isinstance(step, Wait):
        meanwhile(seen)
    return step


def apply_patch(site: Site, cluster: Cluster, step: Patch | Refuse) -> None:
    """Patch the Cluster as it was seen, and no other.

    Raises:
        KubectlFailed: a conflict where it has changed since.
    """
    _log.warning("%s: %s", cluster.name, step.why)
    site_cluster.patch_as_read(site.kubectl, site.document, cluster, step.merge or {})
