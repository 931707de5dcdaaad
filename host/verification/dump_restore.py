"""The Job that restores a dump into the throw-away cluster, from the site's own pod template."""

import json

from host.deadlines import COPY_SECONDS
from host.errors import Failed, Refused
from host.kubernetes.job_reason import JobReason
from host.kubernetes.kubectl import Object
from host.kubernetes.operators import has_condition
from host.kubernetes.recovery_job import has_failed
from host.machine.waiting import wait_for
from host.site import Site
from host.verification.throw_away import JOBS

TEMPLATE = "dump-restore"
_THROW_AWAY, _NEWEST_DUMP = "throw-away", "newest-dump"
"""The words of the template in whose places the real names go."""


def restore_job(template: Object, *, cluster: str, dump: str) -> Object:
    """The Job, named after the throw-away cluster: pure."""
    text = json.dumps(template["template"])
    text = text.replace(_THROW_AWAY, cluster).replace(_NEWEST_DUMP, dump)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": cluster, "namespace": template["metadata"]["namespace"]},
        "spec": {
            "backoffLimit": 2,
            "activeDeadlineSeconds": COPY_SECONDS,
            "template": json.loads(text),
        },
    }


def restored_database(template: Object) -> str:
    """The database that the template restores into."""
    (container,) = template["template"]["spec"]["containers"]
    (name,) = [each["value"] for each in container["env"] if each["name"] == "DUMP_DATABASE"]
    return str(name)


def find_template(site: Site) -> Object:
    """The template.

    Raises:
        Refused: where the site does not have it yet.
    """
    found = site.kubectl.get("podtemplates", TEMPLATE, "-n", site.document.namespace)
    if found is None:
        raise Refused(f"there is no PodTemplate {TEMPLATE} here - run: pgtwin-host apply")
    return found


def restore_dump(site: Site, job: Object) -> None:
    """Run the Job to its end.

    Raises:
        Failed: when it failed: the dump is damaged, or cannot be restored. The container's last
            words say why; the Job and its log are deleted with the throw-away cluster.
    """
    name, namespace = job["metadata"]["name"], site.document.namespace
    reason = JobReason(site.kubectl, namespace=namespace, job=name)

    def finished() -> bool:
        found = site.kubectl.get(JOBS, name, "-n", namespace)
        reason.look()
        if found is not None and has_failed(found):
            raise Failed(f"the dump could not be restored: {reason.of(found)}")
        return found is not None and has_condition(found, "Complete")

    site.kubectl.create(job)
    wait_for(
        site.machine.clock,
        f"the dump to be restored by the job {name}",
        finished,
        deadline_seconds=COPY_SECONDS,
        every_seconds=2,
    )
