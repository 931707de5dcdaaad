"""`pgtwin doctor`."""

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin doctor --config config/lab.yaml")(doctor)


def doctor(config: Config = DEFAULT_CONFIG, json: Json = False) -> None:
    """Check what is missing before a deploy. Changes nothing."""
    from dataclasses import asdict

    from pgtwin.commands.desk import Desk
    from pgtwin.commands.examination import examine

    desk = Desk(config, as_json=json)
    with desk.working("look at this machine and both regions"):
        findings = examine(desk)
    marks = {"right": "ok  ", "missing": "FAIL", "unknown": "?   "}
    lines = [f"{marks[each.verdict]}  {each.what}: {each.found}" for each in findings]
    for each in findings:
        if each.verdict != "right":
            lines.append(f"      {each.what} - {each.remedy}")
    desk.result([asdict(each) for each in findings], "\n".join(lines))
    if any(each.verdict == "missing" for each in findings):
        raise typer.Exit(3)
