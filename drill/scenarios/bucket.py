"""A site's backup bucket as a scenario reads, damages and repairs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from drill.ground import Cloud

_LONGER_THAN_ANY_SCENARIO_SECONDS = 3600.0


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """One bucket, as its administrator."""

    name: str
    region: str
    cloud: Cloud

    def keys(self, prefix: str) -> list[str]:
        """The keys below a prefix."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def read(self, key: str) -> bytes:
        """An object's content."""
        body: bytes = self._s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return body

    def write(self, key: str, body: bytes) -> None:
        """Put an object."""
        self._s3.put_object(Bucket=self.name, Key=key, Body=body)

    def delete(self, key: str) -> None:
        """Delete an object; its old versions stay."""
        self._s3.delete_object(Bucket=self.name, Key=key)

    @contextmanager
    def refusing(self, prefix: str) -> Iterator[None]:
        """Answer writes below a prefix with 503 SlowDown meanwhile, however that ends."""
        self.cloud.throttle(self.name, prefix, seconds=_LONGER_THAN_ANY_SCENARIO_SECONDS)
        try:
            yield
        finally:
            self.cloud.throttle(self.name, prefix, seconds=0)

    @property
    def _s3(self) -> Any:
        return self.cloud.client("s3", self.region)
