"""`pgtwin prepare-destroy`."""

from typing import TYPE_CHECKING, Annotated

import typer

from pgtwin.commands.options import ALL_STACKS, DEFAULT_CONFIG, Config, DryRun, Json, Stacks

if TYPE_CHECKING:
    from pgtwin.run import Confirm


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin prepare-destroy --dry-run")(prepare_destroy)


def prepare_destroy(
    stacks: Stacks = ALL_STACKS,
    yes_destroy: Annotated[
        str | None,
        typer.Option(help="For scripts: the name of the system, which is to be destroyed."),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Undo pgtwin's changes, so the stacks can be deleted.

    CloudFormation cannot delete resources changed outside it: after a switchover or failover the
    writer's names and the roles of the machines. Asks for the system's name if they were changed.
    Refused while a stack is protected. `make destroy` begins with it.
    """
    from pgtwin.commands.carry_out import carry_out
    from pgtwin.commands.desk import Desk
    from pgtwin.commands.destruction_steps import Destruction
    from topology.names import sites_of

    desk = Desk(config, as_json=json)
    sites = sites_of(stacks)
    carry_out(
        desk,
        "prepare-destroy",
        lambda run: Destruction(desk=desk, sites=sites).plan(run),
        dry_run=dry_run,
        needed=sites,
        confirm=_word(yes_destroy),
    )


def _word(yes_destroy: str | None) -> "Confirm":
    from functools import partial

    from pgtwin.commands.carry_out import ask
    from pgtwin.errors import PlanRefused
    from topology.given import given

    if yes_destroy is None:
        return partial(ask, option="--yes-destroy")

    def confirm(_text: str, word: str) -> None:
        if yes_destroy != word:
            raise PlanRefused(
                f"--yes-destroy: {word}, not {given(yes_destroy)}; nothing was changed"
            )

    return confirm
