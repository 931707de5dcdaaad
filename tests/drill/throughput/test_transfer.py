"""What the throughput is measured with moves real WAL and real base backups, and loses nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from charts.manifests import synthesize
from drill.aws.embedded_aws import EmbeddedAws
from drill.operator.archive import Archive
from drill.operator.processes import Processes
from drill.throughput.transfer import Transfer
from drill.throughput.workload import Workload
from topology.load import KNOWN_GOOD, load

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("throughput")]
REGION, BUCKET = "eu-west-1", "measured"


@pytest.fixture(scope="module")
def workload(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workload]:
    folder = tmp_path_factory.mktemp("wal")
    with Processes(folder) as processes:
        made = Workload(
            directory=folder,
            sockets=folder,
            processes=processes,
            parameters={"wal_compression": "on"},
            scale=3,
        )
        with made:
            yield made


@pytest.fixture(scope="module")
def transfer(workload: Workload, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Transfer]:
    folder = tmp_path_factory.mktemp("aws")
    with EmbeddedAws([REGION], log=folder / "aws.log") as aws:
        s3 = aws.client("s3", REGION)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        environment = {**workload.instance.environment, **aws.environment(REGION)}
        yield Transfer(_archive(folder), environment=environment, s3=s3)


def test_segments_come_back_byte_for_byte_and_take_less_room(
    workload: Workload, transfer: Transfer, tmp_path: Path
) -> None:
    written = workload.write(1)
    segments = workload.segments(2)

    transfer.archive_wal(segments, at_once=2)
    transfer.restore_wal([each.name for each in segments], tmp_path / "back", at_once=2)

    assert written.transactions > 0
    assert written.mib > 0
    for segment in segments:
        assert (tmp_path / "back" / segment.name).read_bytes() == segment.read_bytes()
    sizes = transfer.objects("wals/").values()
    assert sum(sizes) < sum(each.stat().st_size for each in segments)


def test_a_base_backup_comes_back_whole(
    workload: Workload, transfer: Transfer, tmp_path: Path
) -> None:
    taken = transfer.take_backup("measured")
    unpacked = transfer.restore_backup(tmp_path / "back")
    downloaded = transfer.download("base/", at_once=1)

    version = (workload.instance.pgdata / "PG_VERSION").read_text()
    assert (tmp_path / "back" / "PG_VERSION").read_text() == version
    assert (tmp_path / "back" / "backup_label").exists()
    assert taken.cpu_seconds > 0
    assert downloaded.seconds < unpacked.seconds


def _archive(folder: Path) -> Archive:
    """With the settings of the synthesised ObjectStore, in a bucket of the test's own."""
    for path in synthesize(load(KNOWN_GOOD), "primary", folder / "manifests"):
        for found in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if found["kind"] == "ObjectStore":
                found["spec"]["configuration"]["destinationPath"] = f"s3://{BUCKET}/physical/"
                return Archive(server_name="one", store_name="one", store=found["spec"])
    raise LookupError("no ObjectStore")
