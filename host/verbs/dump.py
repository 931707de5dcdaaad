"""`dump`: takes a dump now, as the daily CronJob does, to both buckets.

A run that finds one of its own still under way waits for that one.
"""

import argparse
from typing import Any

from host.archive.dumps import complete_dumps
from host.deadlines import COPY_SECONDS
from host.errors import Failed, Refused
from host.kubernetes import site_cluster
from host.kubernetes.job_reason import JobReason
from host.kubernetes.kubectl import Object
from host.kubernetes.operators import has_condition
from host.kubernetes.recovery_job import has_failed
from host.machine.machine import Machine
from host.machine.waiting import wait_for
from host.site import Site
from host.writer.overlay import DUMP

OURS = "pgtwin/taken-by"
_JOBS = "jobs.batch"


def run(machine: Machine, _arguments: argparse.Namespace) -> dict[str, Any]:
    """Take a dump; its id, which is the name of its folder in both buckets."""
    return dump(Site.current(machine))


def dump(site: Site) -> dict[str, Any]:
    """Take a dump and wait for its end.

    Raises:
        Refused: where this site is not the writer.
        Failed: when the Job failed.
    """
    if not site_cluster.require(site.kubectl, site.document).is_writer:
        document = site.document
        raise Refused(
            f"{document.cluster} is a replica, and only the writer takes dumps; nothing was "
            f"changed - run: pgtwin dump now --site {document.peer.site}"
        )
    name = _under_way(site) or _begin(site)
    reason = JobReason(site.kubectl, namespace=site.document.namespace, job=name)
    wait_for(
        site.machine.clock,
        f"the dump {name}",
        lambda: _finished(site, name, reason),
        deadline_seconds=COPY_SECONDS,
        every_seconds=2,
    )
    return {"dump": _newest_id(site), "job": name}


def _under_way(site: Site) -> str | None:
    jobs = site.kubectl.list(_JOBS, site.document.namespace, selector=f"{OURS}=host")
    for job in jobs:
        if not has_failed(job) and not has_condition(job, "Complete"):
            return str(job["metadata"]["name"])
    return None


def _begin(site: Site) -> str:
    document = site.document
    template = site.kubectl.get("cronjobs.batch", DUMP, "-n", document.namespace)
    if template is None:
        raise Refused(f"there is no CronJob {DUMP} here - run: pgtwin-host apply")
    name = f"{DUMP}-{site.machine.clock.now():%Y%m%d%H%M%S}"
    job = template["spec"]["jobTemplate"]
    metadata = job.get("metadata", {})
    site.kubectl.create(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                "name": name,
                "namespace": document.namespace,
                "labels": {**metadata.get("labels", {}), OURS: "host"},
            },
            "spec": job["spec"],
        }
    )
    return name


def _finished(site: Site, name: str, reason: JobReason) -> bool:
    job: Object | None = site.kubectl.get(_JOBS, name, "-n", site.document.namespace)
    reason.look()
    if job is not None and has_failed(job):
        raise Failed(f"the dump {name} failed: {reason.of(job)} - repeat once that is fixed")
    return job is not None and has_condition(job, "Complete")


def _newest_id(site: Site) -> str | None:
    document = site.document
    s3 = site.machine.aws.client("s3", document.region)
    prefix = f"{document.dumps_prefix}/{document.database.name}/"
    newest = next(complete_dumps(s3, document.bucket, prefix), None)
    return newest.dump_id if newest else None
