"""The bucket that machines fetch k3s from in a drill, in the place of its releases."""

import hashlib
from typing import Any


def point_to(bucket: str, binary: bytes, document: dict[str, Any]) -> None:
    """Let a configuration name the bucket, and the binary in it by its hash."""
    sha256 = hashlib.sha256(binary).hexdigest()
    k3s = {"mirror": f"s3://{bucket}/k3s", "sha256_amd64": sha256, "sha256_arm64": sha256}
    versions = document.setdefault("versions", {})
    versions["k3s"] = {**versions.get("k3s", {}), **k3s}


def fill(bucket: str, binary: bytes, *, s3: Any, region: str) -> None:
    """Make the bucket, with the binary for both architectures."""
    where = {"LocationConstraint": region}
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    for name in ("k3s", "k3s-arm64"):
        s3.put_object(Bucket=bucket, Key=f"k3s/{name}", Body=binary)
