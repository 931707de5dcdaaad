"""`python -m drill.life`: every scenario, or those that are named; leaves build/life.json.

Exit codes: 0 every promise was kept, 1 one was not, 2 bad input, 143 terminated: the CDK CLI
ends with it, a machine that boots does not.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from drill.aws.deployment import Deployment, DeploymentFailed
from drill.aws.embedded_aws import EmbeddedAws
from drill.life.catalogue import SCENARIOS
from drill.life.scenario import NotAsPromised, Outcome, Scenario
from drill.life.system import System
from topology.load import load
from topology.refused import Refused

GROUND = (
    "The real CDK CLI and the real pgtwin against an embedded AWS (moto, with CloudFormation's\n"
    "life done over again). Scenarios of deployments: no machine runs; where one would signal a\n"
    "failure, or a command on one would fail, the resource that waits for it is made to fail.\n"
    "Scenarios of machines: each runs its real user-data and host program; k3s, the operator and\n"
    "the database are doubles without data, so `lost` counts datastores and volumes, not rows."
)


def main(arguments: Sequence[str]) -> int:
    """Play and report."""
    chosen = _parser().parse_args(arguments)
    try:
        topology = load(chosen.config)
    except Refused as refused:
        for problem in refused.problems:
            print(f"{chosen.config}: {problem}", file=sys.stderr)  # noqa: T201
        return 2
    scenarios = [each for each in SCENARIOS if each.name in (chosen.scenario or _NAMES)]
    regions = (topology.primary.region, topology.dr.region)
    with tempfile.TemporaryDirectory(prefix="pgtwin-life-") as work:
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        with EmbeddedAws(regions, log=chosen.out.with_suffix(".log")) as embedded:
            _say("bootstrap")
            Deployment(embedded=embedded, config=chosen.config, work=Path(work)).bootstrap()
            outcomes = [
                play(scenario, embedded, chosen.config, Path(work)) for scenario in scenarios
            ]
    write(outcomes, chosen.out)
    return int(not all(outcome.passed for outcome in outcomes))


def play(scenario: Scenario, embedded: EmbeddedAws, config: Path, work: Path) -> Outcome:
    """One scenario on a system of its own."""
    _say(f"{scenario.name}: {scenario.promise}")
    began = time.monotonic()
    lost, why = None, ""
    try:
        system = System(
            embedded,
            config,
            work / scenario.name,
            lambda text: _say(f"  {text}"),
            site=scenario.site,
            writer=scenario.writer,
        )
        lost = scenario.play(system)
    except (NotAsPromised, DeploymentFailed) as broken:
        why = str(broken)
    if lost:
        why = f"{lost} of what had to stay is gone"
    outcome = Outcome(
        name=scenario.name,
        passed=lost == 0,
        seconds=round(time.monotonic() - began, 1),
        lost=lost,
        why=why,
    )
    _say(f"  {'kept' if outcome.passed else 'BROKEN'} after {outcome.seconds:.0f} s {why}")
    return outcome


def write(outcomes: Sequence[Outcome], path: Path) -> None:
    """The document and the table."""
    document = {"ground": GROUND, "scenarios": [outcome.document() for outcome in outcomes]}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    for outcome in outcomes:
        lost = "?" if outcome.lost is None else outcome.lost
        kept = "kept" if outcome.passed else f"BROKEN: {outcome.why}"
        print(f"{outcome.name:30} {outcome.seconds:6.0f} s  lost {lost}  {kept}")  # noqa: T201
    print(GROUND)  # noqa: T201
    print(path)  # noqa: T201


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


_TERMINATED = 128 + signal.SIGTERM
_NAMES = [scenario.name for scenario in SCENARIOS]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="drill.life", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("config/default.yaml"))
    parser.add_argument("--scenario", action="append", choices=_NAMES)
    parser.add_argument("--out", type=Path, default=Path("build/life.json"))
    return parser


if __name__ == "__main__":
    # As an exception, so that the CDK CLI and its children end with this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    sys.exit(main(sys.argv[1:]))
