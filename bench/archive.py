"""What an archive's settings cost and bring: figures for docs/measured.json, printed as tables.

One run on one machine: pgbench writes WAL; the same segments, and the same database, then go
through the real barman-cloud commands with each setting in turn, to S3 on loopback. The ratios
count, not the rates: S3 in AWS is farther away, but not on the same cores.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
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
from drill.measured import archive
from drill.measured.archive import DATA_CASES, WAL_CASES
from drill.measured.document import Measured
from drill.measured.figure_table import FigureTable
from drill.operator.archive import Archive
from drill.operator.cluster_spec import ClusterSpec
from drill.operator.processes import Processes
from drill.options import Options, count
from drill.throughput.transfer import Transfer
from drill.throughput.workload import SEGMENT_MIB, Workload

BUCKET = "benchmark"
OUT = Path("build/archive.json")
TIMES_STARTED = 7
_IMPORTS = "import barman.clients.cloud_walarchive, barman.cloud_providers.aws_s3"
STARTS = {
    "python": "",
    "imports": _IMPORTS,
    "client": f"{_IMPORTS}, boto3; boto3.Session().resource('s3')",
}
Found = Mapping[str, Mapping[str, float]]
"""What was measured, by row and column of a table."""
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

    def starts(self) -> Found:
        """What a process costs before it has moved a byte."""
        return {
            step: {"cpu": statistics.median(_cpu_seconds(code) for _ in range(TIMES_STARTED))}
            for step, code in STARTS.items()
        }

    def writes(self, seconds: int) -> Found:
        """WAL with full-page images as they are, and compressed."""
        found = {}
        for setting in ("off", "pglz"):
            written = self.workload.write(seconds, wal_compression=setting)
            found[setting] = {
                "transactions": written.transactions / seconds,
                "wal": written.mib_per_second,
                "each": written.mib * 1024 / written.transactions,
            }
        return found

    def wal(self, written_mib_per_second: float, count: int) -> Found:
        """Every compression and concurrency, archived and fetched back."""
        segments = self.workload.segments(count)
        mib = len(segments) * SEGMENT_MIB
        found = {}
        for compression, at_once in WAL_CASES:
            name = f"{compression}-{at_once}"
            transfer = self.transfer(f"wal-{name}", wal=_compressed(compression))
            put = transfer.archive_wal(segments, at_once=at_once)
            names = [segment.name for segment in segments]
            got = transfer.restore_wal(names, self.scratch / f"wal-{name}", at_once=at_once)
            plain = transfer.download("wals/", at_once=at_once)
            found[name] = {
                "archived": mib / put.seconds,
                "to-written": mib / put.seconds / written_mib_per_second,
                "cpu": put.cpu_seconds / len(segments),
                "size": mib * 2**20 / sum(transfer.objects("wals/").values()),
                "restored": mib / got.seconds,
                "download": plain.seconds / got.seconds,
            }
        return found

    def base_backups(self) -> Found:
        """Every compression and number of jobs, taken and unpacked."""
        mib = self.workload.database_mib()
        found = {}
        for compression, jobs in DATA_CASES:
            name = f"{compression}-{jobs}"
            data = {**_compressed(compression), "jobs": jobs, "immediateCheckpoint": True}
            transfer = self.transfer(f"data-{name}", data=data)
            put = transfer.take_backup(name)
            got = transfer.restore_backup(self.scratch / f"data-{name}")
            plain = transfer.download("base/", at_once=1)
            found[name] = {
                "taken": mib / put.seconds,
                "taken-cpu": put.cpu_seconds / mib * 1024,
                "size": mib * 2**20 / sum(transfer.objects("base/").values()),
                "restored": mib / got.seconds,
                "restored-cpu": got.cpu_seconds / mib * 1024,
                "download": plain.seconds / got.seconds,
            }
            shutil.rmtree(self.scratch / f"data-{name}")
        return found


def _cpu_seconds(code: str) -> float:
    """The processor time of a new Python that runs this."""
    before = os.times()
    subprocess.run([sys.executable, "-c", code], check=True)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def main() -> int:
    """Print the tables and write the figures; about ten minutes."""
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
        written = bench.writes(options.seconds)
        figures = (
            *archive.STARTS.figures(bench.starts()),
            *archive.WRITTEN.figures(written),
            *archive.WAL.figures(bench.wal(written["pglz"]["wal"], options.segments)),
            *archive.BASE.figures(bench.base_backups()),
        )
    measured = Measured(figures=figures)
    measured.write(OUT)
    for each in (archive.STARTS, archive.WRITTEN, archive.WAL, archive.BASE):
        console.print(_table(each, measured))
    print(OUT)
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


def _table(each: FigureTable, measured: Measured) -> Table:
    head, *rows = each.lines(measured)
    table = Table(*head, title=each.name)
    for row in rows:
        table.add_row(*row)
    return table


if __name__ == "__main__":
    sys.exit(main())
