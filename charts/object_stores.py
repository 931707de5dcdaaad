"""The two archives, known on both sites: a site writes its own and follows from the other."""

from typing import Any

import cdk8s
from constructs import Construct

from charts.custom_resource import CustomResource
from topology.names import ACCOUNT_PLACEHOLDER, PHYSICAL_PREFIXES, POSTGRES_NAMESPACE, STORES
from topology.site import SITES, SiteName
from topology.topology import Topology

WAL_COMPRESSION = "zstd"
DATA_COMPRESSION = "lz4"
"""zstd is not among what the ObjectStore offers for base backups."""
DATA_JOBS = 2
"""Parts of a base backup uploaded at once; they wait for S3, not for a processor."""
WAL_PARALLEL = 1
"""Segments archived or fetched at once.

Whoever is at the end of an archive asks for this many that are not there yet, and each is a process
of its own: a follower again and again, a standby before it streams from a new primary, while
commits wait for it. plugin-barman-cloud v0.14.0 internal/cnpgi/common/wal.go marks the end of the
archive only after a segment was found. One at a time archives and catches up several times as
fast as pgbench writes (docs/performance.md).
"""
WAL_SPOOL = "/controller/barman-spool"
"""Where barman-cloud-wal-restore puts what it fetched beside the file that was asked for; the
sidecar's other folders are read-only (plugin-barman-cloud v0.14.0 lifecycle.go:425).

A demotion leaves `X.partial` in the archive, and later `X` too. barman 3.19.1 takes the one for the
file and the other for a prefetched one (cloud.py, `_get_wals_to_download`), and fails without this
folder. `X.partial.zst` sorts before `X.zst`: PostgreSQL first gets the part, which is how `X`
begins, and at its next request the whole.
"""
S3_ATTEMPTS = 2
"""How often barman's botocore tries one call. By default 5 times, and 60 s each to connect: one
barman-cloud-wal-restore against a bucket that swallows packets took 312 s, 62 s with one try.
PostgreSQL itself repeats what failed, so that nothing is lost by giving up sooner."""


class ObjectStores(cdk8s.Chart):
    """An ObjectStore for each site's archive.

    Compression by measurement (docs/performance.md): against gzip, zstd takes less
    processor time per segment and is smaller, lz4 takes base backups many times as fast. Both
    are read by tools of every Linux distribution if plugin and operator are lost. The bucket's
    default encryption applies: naming `aws:kms` here would select AWS' own key, not the site's.
    """

    def __init__(self, scope: Construct, name: str, *, topology: Topology, site: SiteName) -> None:
        super().__init__(scope, name)
        for archive in SITES:
            CustomResource(
                self,
                STORES[archive],
                api_version="barmancloud.cnpg.io/v1",
                kind="ObjectStore",
                namespace=POSTGRES_NAMESPACE,
                spec=_spec(topology, site=site, archive=archive),
            )


def _spec(topology: Topology, *, site: SiteName, archive: SiteName) -> dict[str, Any]:
    bucket = topology.names.bucket(topology.site(archive).bucket, ACCOUNT_PLACEHOLDER)
    return {
        "retentionPolicy": f"{topology.backups.retention_days}d",
        "configuration": {
            "destinationPath": f"s3://{bucket}/{PHYSICAL_PREFIXES[archive]}/",
            "s3Credentials": {"inheritFromIAMRole": True},
            "wal": {
                "compression": WAL_COMPRESSION,
                "maxParallel": WAL_PARALLEL,
                "restoreAdditionalCommandArgs": [f"--spool-dir={WAL_SPOOL}"],
            },
            "data": {
                "compression": DATA_COMPRESSION,
                "jobs": DATA_JOBS,
                "immediateCheckpoint": True,
            },
        },
        "instanceSidecarConfiguration": {
            "env": [
                {"name": "AWS_DEFAULT_REGION", "value": topology.site(site).region},
                {"name": "AWS_METADATA_SERVICE_TIMEOUT", "value": "5"},
                {"name": "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "value": "5"},
                {"name": "AWS_RETRY_MODE", "value": "standard"},
                {"name": "AWS_MAX_ATTEMPTS", "value": str(S3_ATTEMPTS)},
            ],
            "resources": {
                "requests": {"cpu": "50m", "memory": "128Mi"},
                "limits": {"memory": "512Mi"},
            },
        },
    }
