"""The hole that a failover inside the writer's site may leave in its archive.

What the lost leading instance had completed and not uploaded is archived by nobody: the standby
that leads now takes it for archived. Whoever replays the archive waits for such a segment without
end. So once per timeline what lacks is looked for, and is archived from the instance that leads.

What always holds: a failure is tried again by the next report. What neither the archive nor that
instance has is noted on the machine, and looked for again: the lost instance may come back with it.
"""

import json
import logging
from collections.abc import Mapping

from host.archive.archives import own_archive
from host.archive.old_timelines import behind_the_first, whole_segments
from host.explain import explain
from host.machine.machine import Files
from host.machine.paths import STATE
from host.postgres.archive_again import archive_again
from host.site import Site

_PATH = f"{STATE}/archive-hole"
_log = logging.getLogger(__name__)


def close(
    site: Site, pod: str, *, server_name: str, timeline: int | None, history: Mapping[str, str]
) -> None:
    """Archive from the writer in this pod what its archive lacks of earlier timelines."""
    life = _life(server_name, timeline)
    if _noted(site.machine.files, life) == []:
        return
    try:
        gone = _close(site, server_name, history, pod)
    except Exception as error:
        if explain(error) is None:
            raise
        _log.warning("what the archive lacks is looked for again in a minute: %s", error)
        return
    if gone is not None:
        note = json.dumps({"life": life, "gone": gone})
        site.machine.files.write(_PATH, note.encode())


def told(site: Site, server_name: str, timeline: int | None) -> str | None:
    """What the archive lacks for good, and what to run; None where nothing is known to lack."""
    own, peer = site.document.site, site.document.peer.site
    gone = _noted(site.machine.files, _life(server_name, timeline))
    if not gone:
        return None
    return (
        f"neither the archive nor the leading instance has {gone[0]} ({len(gone)} such segments): "
        f"no replay and no restore gets past it - run: pgtwin backup now --site {own}, and where "
        f"{peer} does not follow, then: pgtwin failback --site {peer} --stay"
    )


def _close(site: Site, server_name: str, history: Mapping[str, str], pod: str) -> list[str] | None:
    """What is gone; None where something is on its way into the archive."""
    wanted = whole_segments(history)
    archived = own_archive(site, server_name).holding(wanted)
    lacking = [name for name in wanted if name not in archived]
    if archived:
        lacking = behind_the_first(lacking, archived)
    if not lacking:
        return []
    namespace = site.document.namespace
    gone = archive_again(site.kubectl, namespace=namespace, pod=pod, segments=lacking)
    found = [name for name in lacking if name not in gone]
    if found:
        _log.warning("archived again after the loss of an instance: %s", ", ".join(found))
        return None
    return list(gone) if archived else []


def _life(server_name: str, timeline: int | None) -> str:
    return f"{timeline} {server_name}"


def _noted(files: Files, life: str) -> list[str] | None:
    """What was gone in this life; None where nobody has looked to the end."""
    if not files.exists(_PATH):
        return None
    try:
        note = json.loads(files.read(_PATH))
        return list(note["gone"]) if note["life"] == life else None
    except (ValueError, LookupError, TypeError):
        return None
