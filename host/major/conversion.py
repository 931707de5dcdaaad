"""The Cluster of a writer, from one major version of PostgreSQL to the next: pure decisions.

What always holds:

* The new version never writes where the old one did. `pg_upgrade` makes another system, with
  timeline 1 and segments of the same names, so image and server name change in one patch; and only
  while PostgreSQL is stopped and the old archive has everything, because the old instance's sidecar
  archives under the name that the Cluster says at that moment (plugin-barman-cloud v0.14.0
  internal/cnpgi/common/wal.go).
* PostgreSQL stays fenced from before that patch until the record names the new archive. So no
  write of the new version is acknowledged before it, and the old version can be brought back
  without a loss until then.
* What was fenced by anybody else is not upgraded: `UPGRADING_TO` is set in the patch that fences.
* The new version waits for no other region: that follows the old system and has to be cloned again
  first, so nobody could write until then. The patch that fences takes it off the list and writes
  that down; the guard puts it back (`host/writer/region_guard.py`).
* The data is of the new version when the operator says so: its job has completed (cloudnative-pg
  v1.30.0 pkg/reconciler/majorupgrade/reconciler.go, majorVersionUpgradeHandleCompletion). Until
  then the old image brings the old version back.
* The old image is asked for again only where there is no job, or one that failed. The operator ends
  a job that works, and of one that has succeeded it takes the version that is asked for at that
  moment for the data's: converted data would be called old.
* A job that failed once it had begun to link the old version's files leaves no version that may
  start here (PostgreSQL 18 documentation, pg_upgrade, --link). The replica's site has everything.
"""

from copy import deepcopy
from dataclasses import dataclass

from host.bundle.site_document import SiteDocument
from host.kubernetes.cluster import (
    ALL_INSTANCES,
    DEGRADED_SINCE,
    FENCED,
    PLUGIN,
    UPGRADING_TO,
    Cluster,
)
from host.kubernetes.kubectl import Object
from host.kubernetes.postgres_image import data_major, pinned_image, requested_major
from host.writer import region_note
from host.writer.role_step import Done, Patch, Refuse, Step, Wait
from host.writer.standby_list import taken_off

_MOVE_ON = "run: pgtwin upgrade --postgres"


@dataclass(frozen=True, kw_only=True)
class UpgradeJob:
    """The operator's job, as far as it has come."""

    failed: str | None = None
    """Its reason; None while it works, and where it has succeeded."""
    shares_files: bool = False
    """Whether it failed so late that the new version had the old one's files already."""


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """What is asked for: this site's data is of the configured major version."""

    site: SiteDocument
    server_name: str
    """Of the archive that the new version begins."""

    def next_step(self, live: Cluster, job: UpgradeJob | None) -> Step:
        """What to do now; `job` is None where the operator has none."""
        wanted = self.site.database.postgres
        if data_major(live) == wanted:
            return Done() if job is None else Wait(what="the operator to remove its job")
        if not (is_stopped_for(live, wanted) and live.is_writer):
            return Refuse(why=f"{live.name} is not stopped for an upgrade - {_MOVE_ON}")
        if requested_major(live) == wanted:
            if job is not None and job.failed is not None:
                return Refuse(why=f"pg_upgrade refused {live.name}: {job.failed}")
            return Wait(what=f"the operator to convert the data ({live.phase})")
        image = pinned_image(self.site, wanted, otherwise="")
        return Patch(
            why=f"its data is converted to PostgreSQL {wanted}",
            merge={"spec": {"imageName": image, **archiving_to(live, self.server_name)}},
        )


@dataclass(frozen=True, kw_only=True)
class Reversal:
    """What is asked for: this site asks for the major version again that its data is of."""

    site: SiteDocument
    server_name: str
    """Of the old version's archive."""

    def next_step(self, live: Cluster, job: UpgradeJob | None) -> Step:
        """What to do now; only a job that failed is ended."""
        major = data_major(live)
        if major == self.site.database.postgres:
            return Refuse(
                why=f"the data of {live.name} is of PostgreSQL {major} already - {_MOVE_ON}"
            )
        if job is not None and job.failed is None and requested_major(live) != major:
            return Wait(what="pg_upgrade to end: it must not be interrupted")
        if job is not None and job.shares_files:
            return Refuse(
                why=f"pg_upgrade failed in {live.name} after it had begun to link the files, and "
                "neither version is started on them; the replica has everything - "
                f"run: pgtwin failover --to {self.site.peer.site}"
            )
        if requested_major(live) != major or live.server_name != self.server_name:
            image = pinned_image(self.site, major, otherwise="")
            return Patch(
                why=f"it stays PostgreSQL {major}",
                merge={"spec": {"imageName": image, **archiving_to(live, self.server_name)}},
            )
        return Done() if job is None else Wait(what="the operator to remove its job")


def is_stopped_for(live: Cluster, major: int) -> bool:
    """Whether PostgreSQL is kept stopped by an upgrade to that major version."""
    return live.stopped and live.annotation(UPGRADING_TO) == str(major)


def stopping(live: Cluster, major: int, at: str) -> Object:
    """The patch that stops PostgreSQL and says why; `at` is now."""
    spec, annotations = taken_off(live.synchronous), {FENCED: ALL_INSTANCES}
    noted = region_note.degraded(live.annotation(DEGRADED_SINCE) or at) if spec else {}
    return {
        "metadata": {"annotations": {**annotations, UPGRADING_TO: str(major), **noted}},
        **({"spec": spec} if spec else {}),
    }


STARTING: Object = {"metadata": {"annotations": {FENCED: None, UPGRADING_TO: None}}}
"""The patch that takes both back."""


def archiving_to(live: Cluster, server_name: str) -> Object:
    """The parts of a Cluster's spec that name its own archive."""
    plugins, externals = deepcopy(live.plugins), deepcopy(live.external_clusters)
    own = [plugin for plugin in plugins if plugin["name"] == PLUGIN]
    own += [external["plugin"] for external in externals if external["name"] == live.name]
    for plugin in own:
        plugin["parameters"]["serverName"] = server_name
    return {"plugins": plugins, "externalClusters": externals}
