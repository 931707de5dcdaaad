"""`pgtwin report`."""

from pathlib import Path
from typing import Annotated

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, Json

DEFAULT_PAGE = Path("pgtwin-report.html")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin report --to build/report.html")(report)


def report(
    to: Annotated[Path, typer.Option(help="The file to write.")] = DEFAULT_PAGE,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
) -> None:
    """Write one HTML page of both sites.

    State, lag over the last day, backups, verifications, alarms, certificates and cost. What a
    region does not give within 10 s is unknown on the page, with the reason. Changes nothing in
    AWS.
    """
    from datetime import UTC, datetime

    from pgtwin.commands.desk import Desk
    from pgtwin.errors import PlanRefused
    from pgtwin.report.assembly import assemble
    from pgtwin.report.gather import gather
    from pgtwin.report.page import render

    if to.is_dir():
        raise PlanRefused(f"--to: a file to write, not the folder {to}")
    desk = Desk(config, as_json=json)
    now = datetime.now(UTC)
    seen, answers = gather(desk, now)
    found = assemble(desk.topology, seen, answers, configuration=str(config), now=now)
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(render(found), encoding="utf-8")
    except OSError as error:
        raise PlanRefused(f"--to: a file that can be written, not {to}: {error}") from error
    document = {
        "page": str(to),
        "verdict": found.verdict,
        "well": found.well,
        "raised": list(found.raised),
        "unknown": found.unknown,
    }
    lines = [found.verdict]
    lines += [f"alarm raised, {each}" for each in found.raised]
    lines += [f"unknown, {what}, because {why}" for what, why in found.unknown.items()]
    desk.result(document, "\n".join([*lines, str(to)]))
