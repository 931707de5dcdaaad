"""`make thief`: each principal tries each attempt; build/thief.json says what came of it.

Exit codes: 0 all was as docs/security.md says, 1 something was not, 2 bad input.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from drill.aws.deployment import Deployment
from drill.aws.embedded_aws import EmbeddedAws
from drill.terminal import Terminal, run
from drill.thief import report
from drill.thief.attempt import Result
from drill.thief.attempts import attempts
from drill.thief.play import play
from drill.thief.principal import principals
from drill.thief.spoils import Spoils
from topology.load import load
from topology.refused import Refused
from topology.site import SITES
from topology.topology import Topology

RESULT = Path("build/thief.json")
_EVERY = 50


def main(arguments: Sequence[str], terminal: Terminal) -> int:
    """Deploy, steal, report; the exit code."""
    parser = argparse.ArgumentParser(prog="drill.thief", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("config/default.yaml"))
    parser.add_argument("--out", type=Path, default=RESULT)
    chosen = parser.parse_args(arguments)
    try:
        topology = load(chosen.config)
    except Refused as refused:
        for problem in refused.problems:
            terminal.say(f"{chosen.config}: {problem}")
        return 2
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    results = _steal(topology, chosen.config, terminal)
    found = report.document(results)
    chosen.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    terminal.say(report.summary(results))
    terminal.say(f"{len(results)} attempts, {found['wrong']} wrong: {chosen.out}")
    return int(bool(found["wrong"]))


def _steal(topology: Topology, config: Path, terminal: Terminal) -> list[Result]:
    def told(result: Result, number: int, count: int) -> None:
        if result.wrong or number % _EVERY == 0:
            terminal.say(f"{number} of {count}: {result.principal}, {result.attempt}")

    regions = [topology.site(site).region for site in SITES]
    with tempfile.TemporaryDirectory(prefix="pgtwin-thief-") as work:
        folder = Path(work)
        terminal.keep_in(folder / "thief.log")
        with EmbeddedAws(regions, log=folder / "aws.log") as embedded:
            Deployment(embedded=embedded, config=config, work=folder, on_step=terminal.say).deploy()
            spoils = Spoils(embedded, topology)
            spoils.lay_out()
            thieves = list(principals(embedded, topology, folder / "policies"))
            embedded.enforce_iam()
            return play(spoils, thieves, attempts(topology), told)


if __name__ == "__main__":
    run(lambda terminal: main(sys.argv[1:], terminal))
