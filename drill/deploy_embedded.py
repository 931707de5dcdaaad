"""`python -m drill.deploy_embedded`: both stacks into an embedded AWS, each resource looked for.

Leaves build/embedded-aws.json. Exit codes: 0 all were found, 1 a resource whose type is emulated is
missing, 2 bad input.
"""

import json
import sys
from contextlib import redirect_stderr
from pathlib import Path

from rich.console import Console
from rich.table import Table

from drill.aws.accounting import Accounting
from drill.aws.deployment import Deployment
from drill.aws.embedded_aws import EmbeddedAws
from drill.options import Configuration, Options
from drill.terminal import Terminal, run

RESULT = Path("build/embedded-aws.json")
WORK = Path("build/embedded-aws")


def main(arguments: list[str], terminal: Terminal) -> int:
    """Deploy, account, report; the exit code."""
    parser = Options("drill.deploy_embedded", __doc__)
    parser.add_config()
    with redirect_stderr(terminal.file):
        config: Configuration = parser.parse_args(arguments).config
    console = Console(file=terminal.file)
    WORK.mkdir(parents=True, exist_ok=True)
    terminal.keep_in(WORK / "deploy.log")
    accounting = _deploy(config, console)
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(accounting.document(), indent=2) + "\n", encoding="utf-8")
    _report(accounting, console)
    return 1 if accounting.missing else 0


def _deploy(config: Configuration, console: Console) -> Accounting:
    topology = config.topology
    regions = (topology.primary.region, topology.dr.region)
    (WORK / "cdk.log").unlink(missing_ok=True)
    with (
        console.status("starting the embedded AWS") as status,
        EmbeddedAws(regions, log=WORK / "aws.log") as embedded,
    ):

        def on_step(step: str) -> None:
            console.print(f"  {step}", markup=False)
            status.update(step)

        return Deployment(
            embedded=embedded, config=config.path, work=WORK, on_step=on_step
        ).deploy()


def _report(accounting: Accounting, console: Console) -> None:
    table = Table(title=f"Both stacks in {accounting.seconds:.0f} s", title_justify="left")
    table.add_column("resources")
    table.add_column("count", justify="right")
    table.add_row("named by the templates", str(accounting.resources))
    table.add_row("found through the services' APIs", str(accounting.created))
    table.add_row("of types that are only recorded", str(accounting.recorded))
    table.add_row(
        "missing", str(len(accounting.missing)), style="red" if accounting.missing else ""
    )
    console.print(table)
    for type_name in accounting.not_emulated:
        console.print(f"  not emulated: {type_name}", markup=False)
    for lost in accounting.missing:
        console.print(f"  missing: {lost.type} {lost.logical_id} of {lost.stack}", style="red")
    console.print(f"  {RESULT}", markup=False)


if __name__ == "__main__":
    run(lambda terminal: main(sys.argv[1:], terminal))
