"""What each mode of replication costs the writer: transactions and their latency, side by side.

One run on one machine: a writer and a follower of real PostgreSQL, with the site's own settings.
pgbench writes to the writer while the follower gets the WAL in one way after another: from the
archive, by the stream over 11 ms and over 80 ms there and back, and synchronously, by a stream that
every commit waits for. The ways take turns, so that a machine that becomes busy disturbs all alike.
The ratios count: writer, follower and pgbench share the cores. The archive is a folder and `cp`;
what the start of the real commands costs is in docs/performance.md.
"""

import json
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.archive import spec_of
from bench.replicated_pair import WAYS, Pair, pair
from charts.manifests import synthesize
from drill.computer import computer
from drill.measured.replication import AGAINST_ARCHIVE, MEASURES, row_name
from drill.options import Options, count

OUT = Path("build/replication.json")
console = Console(width=120)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What pgbench measured in one turn."""

    transactions_per_second: float
    median_ms: float
    p99_ms: float

    def over(self, base: "Sample") -> "Sample":
        """As multiples of another."""
        return Sample(**{name: value / asdict(base)[name] for name, value in asdict(self).items()})

    @classmethod
    def median_of(cls, samples: Sequence["Sample"]) -> "Sample":
        """Field by field."""
        return cls(
            **{
                name: round(statistics.median(asdict(each)[name] for each in samples), 3)
                for name in cls.__dataclass_fields__
            }
        )


def sample(latencies_ms: Sequence[float], seconds: float) -> Sample:
    """From the latency of every transaction of a turn."""
    cuts = statistics.quantiles(latencies_ms, n=100, method="inclusive")
    return Sample(
        transactions_per_second=len(latencies_ms) / seconds, median_ms=cuts[49], p99_ms=cuts[98]
    )


def main() -> int:
    """Measure in turns; print the table and write the file."""
    parser = Options("bench.replication", __doc__)
    parser.add_config()
    parser.add_argument("--seconds", type=count, default=20, help="of pgbench, per turn")
    parser.add_argument("--rounds", type=count, default=3)
    parser.add_argument("--scale", type=count, default=20, help="of pgbench: 15 MiB each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pgtwin-bench-") as folder:
        scratch = Path(folder)
        scratch.chmod(0o755)
        spec = spec_of(synthesize(options.config.topology, "primary", scratch / "manifests"))
        with pair(scratch, spec.parameters, options.scale) as both:
            rounds = [
                _round(both, options.seconds, number) for number in range(1, options.rounds + 1)
            ]
    found = {way.name: [each[way.name] for each in rounds] for way in WAYS}
    _write(found)
    console.print(_table(found))
    print(OUT)
    return 0


def _round(both: Pair, seconds: int, number: int) -> Mapping[str, Sample]:
    samples = {}
    for way in WAYS:
        both.follow(way)
        samples[way.name] = sample(both.write(seconds), seconds)
        said = f"{samples[way.name].transactions_per_second:.0f} transactions per second"
        print(f"round {number}, {way.name}: {said}", file=sys.stderr)
    return samples


def ratios(found: Mapping[str, Sequence[Sample]]) -> Mapping[str, Sample]:
    """Of each way to the archive in the same round, the median over the rounds."""
    base = found[WAYS[0].name]
    return {
        name: Sample.median_of([one.over(other) for one, other in zip(each, base, strict=True)])
        for name, each in found.items()
    }


def _write(found: Mapping[str, Sequence[Sample]]) -> None:
    OUT.parent.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    figures = AGAINST_ARCHIVE.figures(
        {
            row_name(way): {MEASURES[field].name: value for field, value in asdict(ratio).items()}
            for way, ratio in ratios(found).items()
            if way != WAYS[0].name
        }
    )
    document = {
        "played_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "machine": computer(),
        "rounds": {name: [asdict(each) for each in samples] for name, samples in found.items()},
        "figures": [figure.model_dump(exclude_none=True) for figure in figures],
    }
    OUT.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _table(found: Mapping[str, Sequence[Sample]]) -> Table:
    table = Table(title="Against the archive in the same round, medians over the rounds")
    for column in ("way", "transactions/s", "times", "median ms", "times", "p99 ms", "times"):
        table.add_column(column, justify="left" if column == "way" else "right")
    for name, ratio in ratios(found).items():
        typical = Sample.median_of(found[name])
        cells = [
            cell
            for field in asdict(ratio)
            for cell in (f"{asdict(typical)[field]:.1f}", f"{asdict(ratio)[field]:.2f}")
        ]
        table.add_row(name, *cells)
    return table


if __name__ == "__main__":
    sys.exit(main())
