"""What the real barman-cloud-wal-restore fetches where an archive has a segment and its part."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
import zstandard

from charts.object_stores import WAL_SPOOL
from drill.operator.archive import Archive
from tests.drill.operator.conftest import ACCOUNT
from topology.site import SiteName

SEGMENT = "000000010000000000000005"
PART, WHOLE = b"begun", b"begun and ended"


@pytest.fixture
def archive(manifests: dict[SiteName, Path]) -> Archive:
    """The primary's own archive as its manifest describes it."""
    (file,) = (manifests["primary"]).glob("40-*.yaml")
    found = yaml.safe_load_all(file.read_text(encoding="utf-8").replace("__ACCOUNT_ID__", ACCOUNT))
    (spec,) = (each["spec"] for each in found if each["metadata"]["name"] == "store-primary")
    return Archive(server_name="postgres-cluster", store_name="store-primary", store=spec)


def test_a_demotion_leaves_a_part_and_the_whole_follows_it(
    archive: Archive, s3: Any, s3_endpoint: str, tmp_path: Path
) -> None:
    bucket, _, prefix = archive.destination.removeprefix("s3://").partition("/")
    for name, body in ((f"{SEGMENT}.partial", PART), (SEGMENT, WHOLE)):
        key = f"{prefix}/{archive.server_name}/wals/{SEGMENT[:16]}/{name}.zst"
        s3.put_object(Bucket=bucket, Key=key, Body=zstandard.compress(body))

    fetched = [restored(archive, s3_endpoint, tmp_path) for _ in range(2)]

    assert fetched == [PART, WHOLE]


def restored(archive: Archive, s3_endpoint: str, folder: Path) -> bytes:
    """What PostgreSQL gets for one request."""
    command = [word.replace(WAL_SPOOL, str(folder / "spool")) for word in archive.restore_wal()]
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    subprocess.run(
        [*command, "--endpoint-url", s3_endpoint, SEGMENT, str(folder / "fetched")],
        env={**os.environ, **keys, "AWS_DEFAULT_REGION": "us-east-1"},
        check=True,
    )
    return (folder / "fetched").read_bytes()
