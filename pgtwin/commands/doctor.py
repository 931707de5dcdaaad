"""`pgtwin doctor`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, Json, known_stacks

if TYPE_CHECKING:
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.finding import Finding

_MARKS = {"right": "ok  ", "missing": "FAIL", "unknown": "?   "}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin doctor --config config/lab.yaml")(doctor)


def doctor(
    before_deploy: Annotated[
        str | None,
        typer.Option(
            metavar="STACKS",
            callback=known_stacks,
            help="Check only whether these stacks can be deployed now.",
        ),
    ] = None,
    bundles: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="With --before-deploy: folder of the bundles to deploy."
        ),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
) -> None:
    """Check what is missing before a deploy. Changes nothing.

    `make deploy` begins with --before-deploy.
    """
    from pgtwin.commands.desk import Desk

    desk = Desk(config, as_json=json)
    if before_deploy is not None:
        _before(desk, before_deploy, bundles)
        return
    from pgtwin.commands.examination import examine

    with desk.working("look at this machine and both regions"):
        findings = examine(desk)
    _print(desk, findings)
    if any(each.verdict == "missing" for each in findings):
        raise typer.Exit(3)


def _before(desk: "Desk", stacks: str, bundles: Path | None) -> None:
    from pgtwin.commands.deployment_findings import findings
    from topology.names import sites_of

    found = list(findings(desk, sites_of(stacks), bundles))
    _print(desk, found)
    if any(each.verdict != "right" for each in found):
        desk.say(
            "make deploy stops here; nothing was changed - if you know better, run: make deploy "
            f"CONFIG={desk.config} ANYWAY=yes"
        )
        raise typer.Exit(3)


def _print(desk: "Desk", findings: "list[Finding]") -> None:
    from dataclasses import asdict

    lines = [f"{_MARKS[each.verdict]}  {each.what}: {each.found}" for each in findings]
    for each in findings:
        if each.verdict != "right":
            lines.append(f"      {each.what} - {each.remedy}")
    desk.result([asdict(each) for each in findings], "\n".join(lines))
