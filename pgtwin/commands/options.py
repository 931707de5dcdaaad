"""The options that commands share."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def known_stacks(text: str | None) -> str | None:
    """A name with a typing error would stand for both sites, as no name does.

    Raises:
        typer.BadParameter: for a word that is neither a stack nor an option of the CDK CLI.
    """
    from topology.given import given
    from topology.names import STACK_IDS

    known = tuple(STACK_IDS.values())
    for word in (text or "").split():
        if word not in known and not word.startswith("-"):
            raise typer.BadParameter(f"{' or '.join(known)}, or both, not {given(word)}")
    return text


Site = Literal["primary", "dr"]
Config = Annotated[Path, typer.Option("--config", help="The configuration file of the system.")]
DEFAULT_CONFIG = Path("config/default.yaml")
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
ALL_STACKS = ""
Stacks = Annotated[
    str,
    typer.Option(
        "--stacks", callback=known_stacks, help="Only these stacks, as in make's STACKS=."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the plan and do nothing.")]
