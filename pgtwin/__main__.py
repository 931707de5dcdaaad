"""`pgtwin`: operate the two regions."""

import sys
from importlib import import_module
from typing import Annotated

import typer

COMMANDS = (
    "status",
    "report",
    "switchover",
    "failover",
    "failback",
    "record",
    "restore",
    "dump",
    "backup",
    "verify",
    "connect",
    "upgrade",
    "replace",
    "roll",
    "rotate_certificates",
    "rotate_credentials",
    "pin_ami",
    "protect",
    "link",
    "prepare_destroy",
    "cost",
    "doctor",
)
"""In the order of `pgtwin --help`; each is a module of pgtwin/commands/."""

app = typer.Typer(
    name="pgtwin",
    help="Operate one PostgreSQL across two AWS regions.\n\n"
    "Start with: pgtwin doctor, pgtwin status",
    epilog="Exit codes: 0 done, 2 refused or bad input, 3 failed (safe to repeat), "
    "4 timed out (safe to repeat), 5 locked by another operator.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _name in COMMANDS:
    import_module(f"pgtwin.commands.{_name}").register(app)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(version("pgtwin"))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Options of `pgtwin` itself."""


def main() -> None:
    """Run the command line; every error that has a name ends in one line and an exit code."""
    from pgtwin.commands.explain import FAILED, TIMED_OUT, explain
    from pgtwin.commands.harmless import harmless
    from pgtwin.commands.interruption import EXIT_CODE, listen

    listen()
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(EXIT_CODE)
    except Exception as error:
        told = explain(error)
        if told is None:
            raise
        message, code = told
        sys.stderr.write(f"pgtwin: {harmless(message)}\n")
        if code in (FAILED, TIMED_OUT):
            sys.stderr.write("Safe to repeat. Check first - run: pgtwin status\n")
        sys.exit(code)


if __name__ == "__main__":
    main()
