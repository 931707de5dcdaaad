"""What was played as build/life.json, and as a table."""

from collections.abc import Sequence
from pathlib import Path

from drill.failures.source import fingerprint
from drill.life.scenario import Outcome
from drill.report import kept_run

GROUND = (
    "The real CDK CLI and the real pgtwin against an embedded AWS (moto, with CloudFormation's\n"
    "life done over again). Scenarios of deployments: no machine runs; where one would signal a\n"
    "failure, or a command on one would fail, the resource that waits for it is made to fail.\n"
    "Scenarios of machines: each runs its real user-data and host program; k3s, the operator and\n"
    "the database are doubles without data, so `lost` counts datastores and volumes, not rows."
)
_CODE = ("app.py", "stacks", "charts", "host", "drill/life", "drill/sites", "drill/kubernetes")


def source(config: Path) -> str:
    """Which code is played: an outcome of other code says nothing about this one."""
    return fingerprint(config, *_CODE)


def read(path: Path, source: str) -> list[Outcome]:
    """What was written of the same code; nothing where it is of other code, or not there."""
    return [Outcome(**each) for each in kept_run.parts(path, "scenarios", source=source)]


def write(outcomes: Sequence[Outcome], path: Path, *, source: str) -> None:
    """Write the document, at once for every reader."""
    scenarios = [outcome.document() for outcome in outcomes]
    kept_run.write({"ground": GROUND, "source": source, "scenarios": scenarios}, path)


def table(outcomes: Sequence[Outcome]) -> str:
    """A line for each scenario."""
    return "\n".join([*map(_line, outcomes), GROUND])


def _line(outcome: Outcome) -> str:
    lost = "?" if outcome.lost is None else outcome.lost
    not_kept = f"starved: {outcome.starved}" if outcome.starved else "BROKEN"
    kept = "kept" if outcome.passed else f"{not_kept}: {outcome.why}"
    return f"{outcome.name:30} {outcome.seconds:6.0f} s  lost {lost}  {kept}"
