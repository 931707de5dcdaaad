"""The evidence of verifications in this site's bucket.

A document is `evidence/<UTC timestamp>-passed.json` or `...-failed.json`: whether it passed can be
told without a right to read it. It is never younger than S3 says that it was written.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from host.archive.object_moment import FORM, named_moment, not_after
from host.kubernetes.kubectl import Object
from host.site import Site

_PASSED = "-passed.json"


@dataclass(frozen=True, kw_only=True)
class EvidenceStore:
    """`s3://<bucket>/<prefix>/`."""

    s3: Any
    bucket: str
    prefix: str

    @classmethod
    def of(cls, site: Site) -> "EvidenceStore":
        """That of the site's own bucket."""
        document = site.document
        return cls(
            s3=site.machine.aws.client("s3", document.region),
            bucket=document.bucket,
            prefix=document.evidence_prefix,
        )

    def put(self, evidence: Object, *, at: datetime, passed: bool) -> str:
        """Write one document; its key."""
        ending = _PASSED if passed else "-failed.json"
        key = f"{self.prefix}/{at.astimezone(UTC):{FORM}}{ending}"
        body = json.dumps(evidence, indent=2).encode()
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return key

    def newest_passed(self) -> datetime | None:
        """When the newest verification that passed began; None where none has."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=f"{self.prefix}/"
        )
        items = (item for page in pages for item in page.get("Contents", ()))
        return max((at for item in items if (at := _passed_at(item))), default=None)


def _passed_at(item: Mapping[str, Any]) -> datetime | None:
    name = item["Key"].rpartition("/")[2]
    said = named_moment(name.removesuffix(_PASSED)) if name.endswith(_PASSED) else None
    return None if said is None else not_after(said, item["LastModified"])
