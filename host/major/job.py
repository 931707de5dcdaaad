"""The operator's job that runs `pg_upgrade`."""

from host.kubernetes.kubectl import Object
from host.kubernetes.operator_log import entries, last, read
from host.kubernetes.recovery_job import has_failed
from host.major.conversion import UpgradeJob
from host.site import Site

_JOBS = "jobs.batch"
_ROLE = "cnpg.io/jobRole=major-upgrade"
"""cloudnative-pg v1.30.0 pkg/utils/labels_annotations.go, JobRoleLabelName."""
_LINES = 8
"""`pg_upgrade` says what is wrong, and in which file there is more, in its last lines."""
_LINKING = 'Adding ".old" suffix to old "'
"""What it says when it takes the old version's control file away, right before its files become the
new version's too (PostgreSQL 18 src/bin/pg_upgrade/controldata.c, disable_old_cluster)."""


def look(site: Site) -> UpgradeJob | None:
    """The job now; None where there is none."""
    namespace = site.document.namespace
    selector = f"cnpg.io/cluster={site.document.cluster},{_ROLE}"
    jobs = site.kubectl.list(_JOBS, namespace, selector=selector)
    if not jobs:
        return None
    job: Object = jobs[0]
    if not has_failed(job):
        return UpgradeJob()
    log = read(site.kubectl, namespace, job["metadata"]["name"])
    return UpgradeJob(failed=last_words(log), shares_files=shares_files(log))


def last_words(log: str) -> str:
    """What `pg_upgrade` said last, from the log of the operator's program: pure."""
    said = (line["msg"].strip() for line in entries(log) if line.get("logger") == "pg_upgrade")
    return last(said, lines=_LINES) or "its log does not say"


def shares_files(log: str) -> bool:
    """Whether the new version had the old one's files by then: pure."""
    return any(line["msg"].startswith(_LINKING) for line in entries(log))
