"""Carries out the steps of a promotion or a demotion until it is done."""

import logging
from collections.abc import Callable

from host.bundle.site import Site
from host.errors import Failed, Refused, TimedOut
from host.kubernetes.cluster import KIND
from host.kubernetes.kubectl_failed import KubectlFailed
from host.writer.role_step import Done, Patch, Refuse, Step, Wait

DEADLINE_SECONDS = 900
"""Longer than the replay of everything that the archive may still hold in the worst case that the
drill knows; a run that gives up is safe to repeat."""
_EVERY_SECONDS = 1.0
_log = logging.getLogger(__name__)


def carry_out(site: Site, next_step: Callable[[], Step]) -> None:
    """Ask for the next step and do it, once a second, until there is none.

    Raises:
        Refused: when a step is refused; what had been asked for was taken back.
        TimedOut: after a quarter of an hour.
    """
    clock = site.machine.clock
    deadline = clock.monotonic() + DEADLINE_SECONDS
    said = ""
    while clock.monotonic() < deadline:
        step = _attempt(next_step)
        if isinstance(step, Done):
            return
        if isinstance(step, Wait):
            if step.what != said:
                _log.info("waiting for %s", step.what)
            said = step.what
            clock.sleep(_EVERY_SECONDS)
            continue
        _act(site, step)
    raise TimedOut(f"waited {DEADLINE_SECONDS} s for {said}, in vain - repeat the command")


def _attempt(next_step: Callable[[], Step]) -> Step:
    """The next step; an API server that is away for a moment is waited for."""
    try:
        return next_step()
    except KubectlFailed as failed:
        if not failed.passing:
            raise
        return Wait(what=f"the API server ({failed.message})")


def _act(site: Site, step: Patch | Refuse) -> None:
    document = site.document
    if step.merge is not None:
        _log.warning("%s: %s", document.cluster, step.why)
        try:
            site.kubectl.patch(KIND, document.namespace, document.cluster, step.merge)
        except KubectlFailed as failed:
            if not failed.passing:
                raise Failed(f"{failed} - see: pgtwin status") from None
    if isinstance(step, Refuse):
        raise Refused(step.why)
