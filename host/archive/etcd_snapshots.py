"""The snapshots of etcd that k3s puts into a site's bucket; an empty one is none."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True, order=True)
class EtcdSnapshot:
    """One of them; the later one is the greater."""

    taken: datetime
    """When it was there, as S3 says."""
    name: str
    size: int


def newest_etcd_snapshot(s3: Any, bucket: str, prefix: str) -> EtcdSnapshot | None:
    """The newest one under `prefix`, whichever server took it."""
    pages = s3.get_paginator("list_objects_v2")
    found = (
        EtcdSnapshot(
            taken=item["LastModified"],
            name=item["Key"].removeprefix(f"{prefix}/"),
            size=int(item["Size"]),
        )
        for page in pages.paginate(Bucket=bucket, Prefix=f"{prefix}/")
        for item in page.get("Contents", [])
    )
    # k3s keeps descriptions of its snapshots in a folder below; those are no snapshots.
    snapshots = (each for each in found if each.size > 0 and each.name and "/" not in each.name)
    return max(snapshots, default=None)
