"""The daily logical dump: portable, readable without the operator, in both buckets."""

from pathlib import Path

import cdk8s
from cdk8s_plus_28 import k8s
from constructs import Construct

from charts.dump_pod import dump_pod
from topology.names import POSTGRES_NAMESPACE
from topology.site import SiteName
from topology.topology import Topology

DUMP = "dump"
DUMP_LABELS = {"app.kubernetes.io/name": DUMP}
SCRIPTS = Path(__file__).parent / "dump"
HOURS = 3600


class DumpJob(cdk8s.Chart):
    """A CronJob that dumps the database and uploads the dump, suspended where no writer is.

    The dump waits on a claim of its own until it is uploaded, on the volume that the configuration
    sized for it: an emptyDir would fill the machine's small system disk. The claim's class deletes
    it with the pod. A failed upload is repeated with the same dump, as both containers restart in
    their pod.
    """

    def __init__(self, scope: Construct, name: str, *, topology: Topology, site: SiteName) -> None:
        super().__init__(scope, name)
        scripts = k8s.KubeConfigMap(
            self,
            "scripts",
            metadata=k8s.ObjectMeta(name="dump-scripts", namespace=POSTGRES_NAMESPACE),
            data={path.name: path.read_text() for path in sorted(SCRIPTS.glob("*.*"))},
        )
        hour, minute = topology.backups.dump_utc.split(":")
        k8s.KubeCronJob(
            self,
            DUMP,
            metadata=k8s.ObjectMeta(name=DUMP, namespace=POSTGRES_NAMESPACE, labels=DUMP_LABELS),
            spec=k8s.CronJobSpec(
                schedule=f"{int(minute)} {int(hour)} * * *",
                time_zone="Etc/UTC",
                concurrency_policy="Forbid",
                suspend=site != topology.writer,
                starting_deadline_seconds=6 * HOURS,
                successful_jobs_history_limit=1,
                failed_jobs_history_limit=3,
                job_template=_job(dump_pod(topology, site, scripts=scripts.name)),
            ),
        )


def _job(pod: k8s.PodSpec) -> k8s.JobTemplateSpec:
    return k8s.JobTemplateSpec(
        spec=k8s.JobSpec(
            backoff_limit=4,
            active_deadline_seconds=12 * HOURS,
            template=k8s.PodTemplateSpec(metadata=k8s.ObjectMeta(labels=DUMP_LABELS), spec=pod),
        )
    )
