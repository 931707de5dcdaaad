"""`python -m drill.thief`: each principal tries each attempt; the outcomes are in build/thief.json.

Exit codes: 0 all was as docs/security.md says, 1 something was not, 2 bad input.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path

from drill.aws.deployment import Deployment
from drill.aws.embedded_aws import EmbeddedAws
from drill.options import Configuration, Options, document
from drill.terminal import Terminal, run
from drill.thief import report
from drill.thief.attempt import Result
from drill.thief.attempts import attempts
from drill.thief.play import play
from drill.thief.principal import principals
from drill.thief.spoils import Spoils
from topology.site import SITES

RESULT = Path("build/thief.json")
_EVERY = 50


def main(arguments: Sequence[str], terminal: Terminal) -> int:
    """Deploy, steal, report; the exit code."""
    parser = Options("drill.thief", __doc__)
    parser.add_config()
    parser.add_argument("--out", type=document(), default=RESULT)
    with redirect_stderr(terminal.file):
        chosen = parser.parse_args(arguments)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    results = _steal(chosen.config, terminal)
    found = report.document(results)
    chosen.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    terminal.say(report.summary(results))
    terminal.say(f"{len(results)} attempts, {found['wrong']} wrong: {chosen.out}")
    return int(bool(found["wrong"]))


def _steal(config: Configuration, terminal: Terminal) -> list[Result]:
    def told(result: Result, number: int, count: int) -> None:
        if result.wrong or number % _EVERY == 0:
            terminal.say(f"{number} of {count}: {result.principal}, {result.attempt}")

    topology = config.topology
    regions = [topology.site(site).region for site in SITES]
    with tempfile.TemporaryDirectory(prefix="pgtwin-thief-") as work:
        folder = Path(work)
        terminal.keep_in(folder / "thief.log")
        with EmbeddedAws(regions, log=folder / "aws.log") as embedded:
            Deployment(
                embedded=embedded, config=config.path, work=folder, on_step=terminal.say
            ).deploy()
            spoils = Spoils(embedded, topology)
            spoils.lay_out()
            thieves = list(principals(embedded, topology, folder / "policies"))
            embedded.enforce_iam()
            return play(spoils, thieves, attempts(topology), told)


if __name__ == "__main__":
    run(lambda terminal: main(sys.argv[1:], terminal))
