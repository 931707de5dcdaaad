"""Nothing waits for the dead: what a promotion may look for in the peer's archive.

At its promotion PostgreSQL asks the archive for the next segment and for newer histories, one
process after the other. Against a bucket that swallows packets each took 312 s (barman 3.19.1 with
botocore's defaults: 5 tries of 60 s to connect). So before a promotion without a token:

* Does the peer's bucket answer, whole and within seconds (`ask_peer`)? If not, the promotion
  names the own archive as its source, in the very patch that promotes: the plugin takes the source
  from the Cluster at each call (plugin-barman-cloud v0.14.0 internal/cnpgi/common/wal.go:298),
  whereas it keeps an ObjectStore for 10 s. The own archive has all that was replayed here, and says
  at once that there is no more.
* Restores that hang are ended, those that began before the decision too: PostgreSQL takes the
  segment for missing then, and ends recovery. So where the bucket answers, a restore is given the
  time that a slow one takes. They are ended in the plugin's container, never in PostgreSQL's: a
  restore_command that ends by SIGTERM ends recovery.
"""

import logging

from host.archive.archives import peer_archive
from host.kubernetes import site_cluster
from host.machine.peer_region import PeerIsSilent, ask_peer
from host.site import Site

LOOK_AGAIN = "select to_json(pg_reload_conf());"
"""A reload wakes the startup process, which otherwise sleeps for wal_retrieve_retry_interval (5 s)
before it asks the archive for the next segment again."""
HANGING_SECONDS = 3
"""Nothing comes any more from a bucket that was silent. A restore from one that answers takes less:
1.5 s on the busy rig, most of it Python's start."""
SLOW_SECONDS = 20
"""What the same restore may take where the bucket answers: a segment over a slow path, on a machine
that has much else to do."""
CONTAINER = "plugin-barman-cloud"
_END_HANGING = """
import os, pathlib, signal
ticks, up = os.sysconf("SC_CLK_TCK"), float(pathlib.Path("/proc/uptime").read_text().split()[0])
for process in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        words = (process / "cmdline").read_bytes()
        began = int((process / "stat").read_text().rpartition(")")[2].split()[19]) / ticks
        if b"barman-cloud-wal-restore" in words and up - began > %d:
            os.kill(int(process.name), signal.SIGKILL)
            print(process.name)
    except OSError:
        pass
"""
_log = logging.getLogger(__name__)


def peer_answers(site: Site) -> bool:
    """Whether the peer's archive can be listed, asked once and briefly."""
    live = site_cluster.require(site.kubectl, site.document)
    archive = peer_archive(site, live.server_name_of(site.document.peer.cluster), brief=True)
    try:
        ask_peer(archive.is_empty)
    except PeerIsSilent as silent:
        _log.warning("%s does not answer and is not asked again: %s", archive.url, silent)
        return False
    return True


def ending_script(older_than_seconds: int) -> str:
    """What ends the restores in one container that began earlier."""
    return _END_HANGING % older_than_seconds


def end_hanging(site: Site, pod: str, *, peer_is_silent: bool) -> None:
    """End the restores of one pod that have been running for longer than a restore takes."""
    script = ending_script(HANGING_SECONDS if peer_is_silent else SLOW_SECONDS)
    where = ("exec", "-n", site.document.namespace, pod, "-c", CONTAINER, "--")
    result = site.kubectl.run(*where, "python3", "-c", script, timeout_seconds=10)
    if result.exit_code != 0:
        _log.info("hanging restores cannot be looked for: %s", result.stderr.strip())
    elif result.stdout.strip():
        _log.warning("ended restores that hung: %s", " ".join(result.stdout.split()))
