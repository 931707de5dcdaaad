"""All runs as a table and as JSON."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from drill.computer import computer
from drill.consistency.result import Result
from drill.measured.document import Figure
from drill.report import kept_run

GROUND = (
    "The real pgtwin and host program, real PostgreSQL and barman-cloud; AWS, Kubernetes and the\n"
    "operator are emulated. Four clients append to lists and registers and read them: two follow\n"
    "the writer's name, one per site never leaves it. porcupine judges what they were told."
)


def document(
    results: Sequence[Result], *, asked: int, source: str, checker: str, commit: str | None = None
) -> dict[str, Any]:
    """What build/consistency.json holds; `source` is the fingerprint of the code."""
    counts = [result.counts for result in results]
    return {
        "figures": [each.model_dump(exclude_none=True) for each in figures(results, commit=commit)],
        "machine": computer(),
        "ground": " ".join(GROUND.split()),
        "checker": f"porcupine {checker}",
        "source": source,
        "asked": asked,
        "played": len(results),
        "anomalies": sum(result.verdict == "anomaly" for result in results),
        "undecided": sum(result.verdict == "undecided" for result in results),
        "stuck": sum(result.verdict == "stuck" for result in results),
        "acknowledged": sum(each.acknowledged for each in counts),
        "lost": sum(each.lost for each in counts),
        "replica_reads": sum(each.replica_reads for each in counts),
        "stale_reads": sum(each.stale_reads for each in counts),
        "stalest_seconds": max((each.stalest_seconds for each in counts), default=0.0),
        "runs": [result.document() for result in results],
    }


def figures(results: Sequence[Result], *, commit: str | None) -> list[Figure]:
    """For docs/measured.json: of how many role changes the history is consistent.

    What a busy machine kept from a verdict is none of them.
    """
    without = ("stuck", "undecided")
    judged = [each for each in results if not (each.starved and each.verdict in without)]
    consistent = Figure.of_today(
        "consistency",
        sum(each.verdict == "consistent" for each in judged),
        of=len(judged),
        by="`make consistency`",
        ground="embedded",
        commit=commit,
    )
    return [consistent] if judged else []


def read(path: Path, source: str) -> list[Result]:
    """The runs of the same code that were written before, those that were stuck left out."""
    found = map(Result.parse, kept_run.parts(path, "runs", source=source))
    return [each for each in found if each.verdict != "stuck"]


def table(found: dict[str, Any]) -> str:
    """A line per change and fault, the sums, and every anomaly."""
    runs = [Result.parse(each) for each in found["runs"]]
    lines = [f"{'change':25}{'fault':22}{'runs':>5}{'acked':>8}{'lost':>6}{'unknown':>9}"]
    for change, fault in sorted({(run.change, run.fault) for run in runs}):
        of = [run for run in runs if (run.change, run.fault) == (change, fault)]
        acknowledged = sum(run.counts.acknowledged for run in of)
        lost = sum(run.counts.lost for run in of)
        unknown = sum(run.counts.unknown for run in of)
        lines.append(f"{change:25}{fault:22}{len(of):>5}{acknowledged:>8}{lost:>6}{unknown:>9}")
    return "\n".join([*lines, "", _sums(found), *_bad(runs), GROUND])


def _sums(found: dict[str, Any]) -> str:
    return (
        f"{found['played']} of {found['asked']} role changes, {found['anomalies']} anomalies, "
        f"{found['undecided']} undecided, {found['stuck']} stuck; {found['acknowledged']} "
        f"acknowledged appends, {found['lost']} lost within the tails that failovers named; "
        f"{found['stale_reads']} of {found['replica_reads']} reads of replicas were stale, by "
        f"{found['stalest_seconds']:.0f} s at most"
    )


def _bad(runs: Sequence[Result]) -> list[str]:
    return [
        f"run {run.number}, {run.change}, {run.fault}: {run.verdict}: {sentence}"
        for run in runs
        if run.verdict != "consistent"
        for sentence in run.said
    ]
