"""How a dump is verified: fetched, checked and restored into a throw-away cluster.

This is only the template of a pod: `pgtwin-host verify` makes a Job of it, with the two words that
are not known here, the throw-away cluster's name and the dump's, in the places of THROW_AWAY and
NEWEST_DUMP.
"""

import cdk8s
from cdk8s_plus_28 import k8s
from constructs import Construct

from charts.dump_job import DUMP_LABELS
from charts.scripted_pod import (
    PYTHON,
    SCRATCH,
    SCRIPTS,
    aws_environment,
    scripted_container,
    scripted_pod,
    verified_tls,
)
from topology.names import ACCOUNT_PLACEHOLDER, DUMPS_PREFIX, POSTGRES_NAMESPACE, VERIFIED_DATABASE
from topology.site import SiteName
from topology.topology import Topology

DUMP_RESTORE = "dump-restore"
THROW_AWAY = "throw-away"
NEWEST_DUMP = "newest-dump"


class DumpRestore(cdk8s.Chart):
    """A PodTemplate. Its pods are the dump's to the network: they reach the database and S3."""

    def __init__(self, scope: Construct, name: str, *, topology: Topology, site: SiteName) -> None:
        super().__init__(scope, name)
        pod = scripted_pod(
            topology,
            site,
            scripts="dump-scripts",
            authority=f"{THROW_AWAY}-ca",
            first=_fetch(topology, site),
            then=_restore(topology),
        )
        k8s.KubePodTemplate(
            self,
            DUMP_RESTORE,
            metadata=k8s.ObjectMeta(name=DUMP_RESTORE, namespace=POSTGRES_NAMESPACE),
            template=k8s.PodTemplateSpec(metadata=k8s.ObjectMeta(labels=DUMP_LABELS), spec=pod),
        )


def _fetch(topology: Topology, site: SiteName) -> k8s.Container:
    place = topology.site(site)
    bucket = topology.names.bucket(place.bucket, ACCOUNT_PLACEHOLDER)
    return scripted_container(
        "fetch",
        image=topology.versions.sidecar_image,
        command=[PYTHON, f"{SCRIPTS}/fetch.py"],
        environment={
            "DUMP_DIRECTORY": SCRATCH,
            "DUMP_NAME": NEWEST_DUMP,
            "DUMP_PREFIX": f"{DUMPS_PREFIX}/{topology.database.name}",
            "DUMP_BUCKET": f"{bucket}={place.region}",
            **aws_environment(place.region),
        },
    )


def _restore(topology: Topology) -> k8s.Container:
    """The throw-away cluster's superuser makes a role and extensions; that role loads the dump."""
    return scripted_container(
        "restore",
        image=topology.postgres_image,
        command=["bash", f"{SCRIPTS}/restore.sh"],
        environment={
            "PGHOST": f"{THROW_AWAY}-rw",
            "PGPORT": "5432",
            "PGUSER": "postgres",
            **verified_tls(),
            "THROW_AWAY": THROW_AWAY,
            "DUMP_DIRECTORY": SCRATCH,
            "DUMP_NAME": NEWEST_DUMP,
            "DUMP_DATABASE": VERIFIED_DATABASE,
            "DUMP_JOBS": str(topology.backups.dump_jobs),
        },
        password=k8s.SecretKeySelector(name=f"{THROW_AWAY}-superuser", key="password"),
    )
