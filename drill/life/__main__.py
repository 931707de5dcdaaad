"""`python -m drill.life`: every scenario, or those that are named; leaves build/life.json.

Exit codes: 0 every promise was kept, 1 one was not, 2 bad input, 75 the computer was too busy to
judge one, 130 interrupted, 143 terminated: the CDK CLI ends with it, a machine that boots does not.
"""

import argparse
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from drill.aws.deployment import Deployment, DeploymentFailed
from drill.aws.embedded_aws import EmbeddedAws
from drill.life import report
from drill.life.catalogue import SCENARIOS
from drill.life.scenario import NotAsPromised, Outcome, Scenario
from drill.life.system import System
from drill.options import Configuration, Options, document
from drill.starvation.load import Load
from drill.starvation.meter import Meter
from drill.terminal import end_when_terminated

STARVED, INTERRUPTED = os.EX_TEMPFAIL, 130


def main(arguments: Sequence[str]) -> int:
    """Play and report."""
    chosen = _parser().parse_args(arguments)
    try:
        outcomes = _outcomes(chosen)
    except KeyboardInterrupt:
        _say(f"interrupted; {chosen.out} has what was played - repeat with: --resume")
        return INTERRUPTED
    print(report.table(outcomes))  # noqa: T201
    print(chosen.out)  # noqa: T201
    return exit_code(outcomes)


def _outcomes(chosen: argparse.Namespace) -> list[Outcome]:
    """Those of earlier runs and of this one, written down after each scenario."""
    config: Configuration = chosen.config
    source = report.source(config.path)
    before = report.read(chosen.out, source) if chosen.resume else []
    known = {outcome.name: outcome for outcome in before}
    kept = {outcome.name for outcome in before if outcome.passed}
    asked = [each for each in SCENARIOS if each.name in (chosen.scenario or _NAMES)]
    missing = [each for each in asked if each.name not in kept]
    _say(f"{len(asked)} scenarios, {len(asked) - len(missing)} of them played before")
    for outcome in _play(missing, config, chosen.out.with_suffix(".log")):
        known[outcome.name] = outcome
        report.write(_in_order(known), chosen.out, source=source)
    return _in_order(known)


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """What the outcomes come to."""
    if any(outcome.broken for outcome in outcomes):
        return 1
    return STARVED if any(outcome.starved for outcome in outcomes) else 0


def _play(scenarios: Sequence[Scenario], config: Configuration, log: Path) -> Iterator[Outcome]:
    """Each on a system of its own, all in one embedded AWS."""
    if not scenarios:
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    regions = (config.topology.primary.region, config.topology.dr.region)
    with (
        tempfile.TemporaryDirectory(prefix="pgtwin-life-") as work,
        Meter(Path(work)) as meter,
        EmbeddedAws(regions, log=log) as embedded,
    ):
        _say("bootstrap")
        Deployment(embedded=embedded, config=config.path, work=Path(work)).bootstrap()
        for scenario in scenarios:
            began = time.monotonic()
            outcome = play(scenario, embedded, config.path, Path(work))
            yield judged(outcome, meter.load(began))


def judged(outcome: Outcome, load: Load) -> Outcome:
    """Not kept on a computer that was too busy says nothing about the system."""
    too_busy = not outcome.passed and load.starved
    return replace(outcome, starved=load.sentence) if too_busy else outcome


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
    except Exception as error:
        # The scenarios after it have systems of their own, and are still played.
        traceback.print_exc()
        why = f"{type(error).__name__}: {error}"
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


def _in_order(outcomes: Mapping[str, Outcome]) -> list[Outcome]:
    return [outcomes[name] for name in _NAMES if name in outcomes]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


_NAMES = [scenario.name for scenario in SCENARIOS]


def _parser() -> argparse.ArgumentParser:
    parser = Options("drill.life", __doc__)
    parser.add_config()
    parser.add_names("--scenario", _NAMES, "only this one")
    parser.add_argument("--out", type=document(), default=Path("build/life.json"))
    parser.add_resume()
    return parser


if __name__ == "__main__":
    end_when_terminated()
    sys.exit(main(sys.argv[1:]))
