"""What a follower costs its machine at rest, per mode: PostgreSQL and its looks into the archive.

The writer writes a heartbeat and closes its segment, as once per minute; then nobody writes. The
follower has the settings that DR's manifests give it in that mode, and runs the real
`barman-cloud-wal-restore`, to S3 on loopback. It counts the processor time of the follower's
processes and of those that they started. Not counted: the pod's own processes, which do not depend
on the mode, and the follower's archiving, which is one start per segment in every mode.
"""

import os
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from bench.archive import BUCKET, spec_of
from bench.replicated_pair import ARCHIVE, WAYS, Pair, Way, pair
from charts.manifests import synthesize
from drill.aws.embedded_aws import EmbeddedAws
from drill.measured.document import Measured
from drill.measured.replication import AT_REST
from drill.operator.archive import Archive
from drill.options import Options, count
from topology.topology import Replication, Topology

OUT = Path("build/at-rest.json")
BY_MODE: Mapping[Replication, Way] = {
    "archive": ARCHIVE,
    "streaming": WAYS[1],
    "synchronous": WAYS[3],
}
_INTERVAL = "wal_retrieve_retry_interval"


@dataclass(frozen=True, kw_only=True)
class Follower:
    """What DR's manifests say of the follower in one mode."""

    way: Way
    interval: str
    archive: Archive

    @classmethod
    def of(cls, topology: Topology, mode: Replication, folder: Path) -> "Follower":
        """By the manifests themselves."""
        changed = {"replication": mode, "rpo": "0" if mode == "synchronous" else None}
        spec = spec_of(
            synthesize(topology.model_copy(update=changed), "dr", folder / "manifests" / mode)
        )
        if spec.source is None:
            raise LookupError("DR's Cluster follows no archive")
        configuration = {**spec.source.store["configuration"], "destinationPath": f"s3://{BUCKET}/"}
        return cls(
            way=BY_MODE[mode],
            interval=spec.parameters[_INTERVAL],
            archive=replace(spec.source, store={"configuration": configuration}),
        )


def main() -> int:
    """Measure one mode after the other; print and write."""
    parser = Options("bench.at_rest", __doc__)
    parser.add_config()
    parser.add_argument("--seconds", type=count, default=60, help="of rest, per mode")
    options = parser.parse_args()
    topology = options.config.topology
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pgtwin-bench-")))
        scratch.chmod(0o755)
        region = topology.primary.region
        aws = stack.enter_context(EmbeddedAws([region], log=scratch / "aws.log"))
        location = {"LocationConstraint": region}
        aws.client("s3", region).create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
        followers = {mode: Follower.of(topology, mode, scratch) for mode in BY_MODE}
        environment = aws.environment(region)
        both = stack.enter_context(pair(scratch, {}, scale=1, environment=environment))
        cores = {mode: _cores(both, each, options.seconds) for mode, each in followers.items()}
    found = {str(mode): {"cores": value} for mode, value in cores.items()}
    Measured(figures=AT_REST.figures(found)).write(OUT)
    print(OUT)
    return 0


def _cores(both: Pair, follower: Follower, seconds: int) -> float:
    both.follow(follower.way)
    archive = follower.archive
    both.set_writer(archive_command=f"{shlex.join(archive.archive_wal())} %p")
    both.set_follower(
        restore_command=f"{shlex.join(archive.restore_wal())} %f %p",
        wal_retrieve_retry_interval=follower.interval,
    )
    both.beat()
    before, began = _processor_seconds(both.follower_directory), time.monotonic()
    time.sleep(seconds)
    used = _processor_seconds(both.follower_directory) - before
    cores = used / (time.monotonic() - began)
    print(f"{follower.way.name}: {cores:.3f} cores", file=sys.stderr)
    return cores


def _processor_seconds(pgdata: Path) -> float:
    """Of what runs there, and of what ended there since that began."""
    return sum(_times(pgdata)) / os.sysconf("SC_CLK_TCK")


def _times(pgdata: Path) -> Iterator[int]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == pgdata:
                after_name = (process / "stat").read_text().rpartition(")")[2].split()
                yield sum(int(field) for field in after_name[11:15])
        except OSError:
            continue  # it has ended, or is somebody else's


if __name__ == "__main__":
    sys.exit(main())
