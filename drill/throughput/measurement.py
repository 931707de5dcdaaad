"""The throughput of the drill's own archive, in one short run; `bench/archive.py` is the long one.

The commands, their options and how many run at once are those of the site that writes; they start
as on a real machine, not from a warm Python, and with the role of that site's machines.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from drill.operator.archive import Archive
from drill.operator.cluster_spec import ClusterSpec
from drill.operator.processes import Processes
from drill.throughput.transfer import Transfer
from drill.throughput.workload import SEGMENT_MIB, Workload

SEGMENTS = 12
SCALE = 10
WRITE_SECONDS = 3


def measure(
    spec: ClusterSpec | None, *, environment: Mapping[str, str], s3: Any, folder: Path
) -> dict[str, float]:
    """Rates before compression, and ratios; empty for a cluster without an archive.

    `environment` leads to AWS with the role of the machine that writes. `archived_to_written` is
    the WAL archived per second against the WAL that pgbench writes per second;
    `..._restore_to_download` the time of a plain download of the same objects against the time of
    their restore, so 1 is as fast as a download.
    """
    if spec is None or spec.own is None:
        return {}
    archive = replace(spec.own, server_name="throughput")
    with tempfile.TemporaryDirectory(prefix="pgtwin-") as sockets, Processes(folder) as processes:
        workload = Workload(
            directory=folder,
            sockets=Path(sockets),
            processes=processes,
            parameters=spec.parameters,
            scale=SCALE,
        )
        with workload:
            whole = {**workload.instance.environment, **environment}
            return _measure(archive, workload, Transfer(archive, environment=whole, s3=s3))


def _measure(archive: Archive, workload: Workload, transfer: Transfer) -> dict[str, float]:
    written = workload.write(WRITE_SECONDS)
    segments = workload.segments(SEGMENTS)
    wal_mib = len(segments) * SEGMENT_MIB
    archived = transfer.archive_wal(segments, at_once=archive.parallel_wal)
    restored = transfer.restore_wal(
        [segment.name for segment in segments],
        workload.instance.directory / "restored",
        at_once=archive.parallel_wal,
    )
    downloaded = transfer.download("wals/", at_once=archive.parallel_wal)
    base_mib = workload.database_mib()
    taken = transfer.take_backup("throughput")
    unpacked = transfer.restore_backup(workload.instance.directory / "unpacked")
    fetched = transfer.download("base/", at_once=1)
    rates = {
        "wal_written_mib_per_second": written.mib_per_second,
        "wal_archived_mib_per_second": wal_mib / archived.seconds,
        "archived_to_written": wal_mib / archived.seconds / written.mib_per_second,
        "wal_restored_mib_per_second": wal_mib / restored.seconds,
        "wal_restore_to_download": downloaded.seconds / restored.seconds,
        "base_backup_mib_per_second": base_mib / taken.seconds,
        "base_restore_mib_per_second": base_mib / unpacked.seconds,
        "base_restore_to_download": fetched.seconds / unpacked.seconds,
    }
    return {name: round(rate, 3) for name, rate in rates.items()}
