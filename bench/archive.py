"""What an archive's settings cost and bring: the tables of docs/performance.md.

One run on one machine: pgbench writes WAL; the same segments, and the same database, then go
through the real barman-cloud commands with each setting in turn, to S3 on loopback. The ratios
count, not the rates: S3 in AWS is farther away, but not on the same cores.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from charts.manifests import synthesize
from drill.aws.embedded_aws import EmbeddedAws
from drill.operator.archive import Archive
from drill.operator.cluster_spec import ClusterSpec
from drill.operator.processes import Processes
from drill.options import Options, count
from drill.throughput.transfer import Transfer
from drill.throughput.workload import SEGMENT_MIB, Workload

BUCKET = "benchmark"
COMPRESSIONS = ("none", "gzip", "snappy", "lz4", "zstd")
DATA_COMPRESSIONS = COMPRESSIONS[:-1]
"""The ObjectStore's schema has no zstd for base backups."""
AT_ONCE = (1, 2, 4, 8)
JOBS = (1, 2, 4)
_IMPORTS = "import barman.clients.cloud_walarchive, barman.cloud_providers.aws_s3"
STARTS = {
    "Python itself": "",
    "and barman's imports": _IMPORTS,
    "and an S3 client": f"{_IMPORTS}, boto3; boto3.Session().resource('s3')",
}
console = Console(width=120)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """The workload, and a new archive for each setting."""

    workload: Workload
    archive: Archive
    aws: EmbeddedAws
    scratch: Path

    def transfer(self, name: str, **sections: Mapping[str, Any]) -> Transfer:
        """An empty archive with these settings."""
        region = self.aws.regions[0]
        configuration = {"destinationPath": f"s3://{BUCKET}/physical/", **sections}
        store = {**self.archive.store, "configuration": configuration}
        return Transfer(
            replace(self.archive, server_name=name, store=store),
            environment={**self.workload.instance.environment, **self.aws.environment(region)},
            s3=self.aws.client("s3", region),
        )

    def starts(self) -> None:
        """What a process costs before it has moved a byte."""
        table = _table("The start of a process", "step", "seconds, median of 7")
        for step, code in STARTS.items():
            command = [sys.executable, "-c", code]
            seconds = [self._seconds(command) for _ in range(7)]
            table.add_row(step, f"{statistics.median(seconds):.2f}")
        console.print(table)

    def writes(self, seconds: int) -> float:
        """WAL with full-page images as they are, and compressed; the MiB/s of the latter."""
        table = _table("WAL by pgbench", "wal_compression", "tps", "MiB/s", "KiB/transaction")
        rates = {}
        for setting in ("off", "pglz"):
            written = self.workload.write(seconds, wal_compression=setting)
            rates[setting] = written.mib_per_second
            table.add_row(
                setting,
                f"{written.transactions / seconds:.0f}",
                f"{written.mib_per_second:.1f}",
                f"{written.mib * 1024 / written.transactions:.1f}",
            )
        console.print(table)
        return rates["pglz"]

    def wal(self, written_mib_per_second: float, count: int) -> None:
        """Every compression and concurrency, archived and fetched back."""
        segments = self.workload.segments(count)
        mib = len(segments) * SEGMENT_MIB
        table = _table(
            f"WAL, {len(segments)} segments",
            *("compression", "at once", "archived MiB/s", "to written", "CPU s/segment"),
            *("size", "restored MiB/s", "download/restore"),
        )
        for compression in COMPRESSIONS:
            for at_once in AT_ONCE if compression == "gzip" else (1, 4):
                name = f"wal-{compression}-{at_once}"
                transfer = self.transfer(name, wal=_compressed(compression))
                put = transfer.archive_wal(segments, at_once=at_once)
                names = [segment.name for segment in segments]
                got = transfer.restore_wal(names, self.scratch / name, at_once=at_once)
                plain = transfer.download("wals/", at_once=at_once)
                size = sum(transfer.objects("wals/").values()) / 2**20
                table.add_row(
                    compression,
                    str(at_once),
                    f"{mib / put.seconds:.0f}",
                    f"{mib / put.seconds / written_mib_per_second:.2f}",
                    f"{put.cpu_seconds / len(segments):.2f}",
                    f"1/{mib / size:.1f}",
                    f"{mib / got.seconds:.0f}",
                    f"{plain.seconds / got.seconds:.2f}",
                )
        console.print(table)

    def base_backups(self) -> None:
        """Every compression and number of jobs, taken and unpacked."""
        mib = self.workload.database_mib()
        table = _table(
            f"Base backups of {mib:.0f} MiB",
            *("compression", "jobs", "taken MiB/s", "CPU s/GiB", "size"),
            *("restored MiB/s", "CPU s/GiB", "download/restore"),
        )
        for compression in DATA_COMPRESSIONS:
            for jobs in JOBS:
                name = f"data-{compression}-{jobs}"
                data = {**_compressed(compression), "jobs": jobs, "immediateCheckpoint": True}
                transfer = self.transfer(name, data=data)
                put = transfer.take_backup(name)
                got = transfer.restore_backup(self.scratch / name)
                plain = transfer.download("base/", at_once=1)
                size = sum(transfer.objects("base/").values()) / 2**20
                table.add_row(
                    compression,
                    str(jobs),
                    f"{mib / put.seconds:.0f}",
                    f"{put.cpu_seconds / mib * 1024:.0f}",
                    f"1/{mib / size:.1f}",
                    f"{mib / got.seconds:.0f}",
                    f"{got.cpu_seconds / mib * 1024:.0f}",
                    f"{plain.seconds / got.seconds:.2f}",
                )
                shutil.rmtree(self.scratch / name)
        console.print(table)

    @staticmethod
    def _seconds(command: Sequence[str]) -> float:
        began = time.perf_counter()
        subprocess.run(command, check=True)
        return time.perf_counter() - began


def main() -> int:
    """Print the tables; about ten minutes."""
    parser = Options("bench.archive", __doc__)
    parser.add_config()
    parser.add_argument("--seconds", type=count, default=20, help="how long pgbench writes")
    parser.add_argument("--segments", type=count, default=24)
    parser.add_argument("--scale", type=count, default=30, help="of pgbench: 15 MiB each")
    options = parser.parse_args()
    topology = options.config.topology
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pgtwin-bench-")))
        scratch.chmod(0o755)
        aws = stack.enter_context(EmbeddedAws([topology.primary.region], log=scratch / "aws.log"))
        location = {"LocationConstraint": topology.primary.region}
        s3 = aws.client("s3", topology.primary.region)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
        spec = spec_of(synthesize(topology, "primary", scratch / "manifests"))
        if spec.own is None:
            raise LookupError("the primary's Cluster has no archive")
        workload = Workload(
            directory=scratch / "postgres",
            sockets=scratch / "postgres",
            processes=stack.enter_context(Processes(scratch / "postgres")),
            parameters=spec.parameters,
            scale=options.scale,
        )
        stack.enter_context(workload)
        bench = Bench(workload=workload, archive=spec.own, aws=aws, scratch=scratch)
        bench.starts()
        rate = bench.writes(options.seconds)
        bench.wal(rate, options.segments)
        bench.base_backups()
    return 0


def spec_of(manifests: Sequence[Path]) -> ClusterSpec:
    """What the Cluster among some manifests asks for."""
    found = [each for path in manifests for each in yaml.safe_load_all(path.read_text()) if each]
    of_kind = {
        kind: {each["metadata"]["name"]: each for each in found if each["kind"] == kind}
        for kind in ("Cluster", "ObjectStore")
    }
    (cluster,) = of_kind["Cluster"].values()
    return ClusterSpec.read(cluster, of_kind["ObjectStore"])


def _compressed(compression: str) -> dict[str, str]:
    return {} if compression == "none" else {"compression": compression}


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title)
    for column in columns:
        table.add_column(column, justify="left" if column == columns[0] else "right")
    return table


if __name__ == "__main__":
    sys.exit(main())
