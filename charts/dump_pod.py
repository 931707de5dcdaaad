"""What the dump job runs: one container dumps and checks, the next uploads."""

from cdk8s_plus_28 import k8s

from charts.bootstrap import user_secret
from charts.scripted_pod import (
    PYTHON,
    SCRATCH,
    SCRIPTS,
    aws_environment,
    scripted_container,
    scripted_pod,
    verified_tls,
)
from topology.names import ACCOUNT_PLACEHOLDER, AUTHORITY_CERTIFICATES, DUMP_USER, DUMPS_PREFIX
from topology.site import SiteName
from topology.topology import Topology


def dump_pod(topology: Topology, site: SiteName, *, scripts: str) -> k8s.PodSpec:
    """The pod, with the scripts from the ConfigMap called `scripts`."""
    return scripted_pod(
        topology,
        site,
        scripts=scripts,
        authority=AUTHORITY_CERTIFICATES,
        first=_dump(topology, site),
        then=_upload(topology, site),
    )


def _dump(topology: Topology, site: SiteName) -> k8s.Container:
    backups = topology.backups
    return scripted_container(
        "dump",
        image=topology.postgres_image,
        command=["bash", f"{SCRIPTS}/dump.sh"],
        environment={
            "PGHOST": f"{topology.site(site).cluster}-rw",
            "PGPORT": "5432",
            "PGDATABASE": topology.database.name,
            "PGUSER": DUMP_USER,
            **verified_tls(),
            "DUMP_DIRECTORY": SCRATCH,
            "DUMP_LIMIT_MIB": str(backups.dump_scratch_gib * 1024),
            "DUMP_JOBS": str(backups.dump_jobs),
            "DUMP_COMPRESSION": "zstd",
        },
        password=k8s.SecretKeySelector(name=user_secret(DUMP_USER), key="password"),
    )


def _upload(topology: Topology, site: SiteName) -> k8s.Container:
    place, other = topology.site(site), topology.site(topology.other(site))
    buckets = [
        f"{topology.names.bucket(target.bucket, ACCOUNT_PLACEHOLDER)}={target.region}"
        for target in (place, other)
    ]
    return scripted_container(
        "upload",
        image=topology.versions.sidecar_image,
        command=[PYTHON, f"{SCRIPTS}/upload.py"],
        environment={
            "DUMP_DIRECTORY": SCRATCH,
            "DUMP_PREFIX": f"{DUMPS_PREFIX}/{topology.database.name}",
            "DUMP_BUCKETS": " ".join(buckets),
            **aws_environment(place.region),
        },
    )
