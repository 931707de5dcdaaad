"""The options that commands share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Site = Literal["primary", "dr"]
Config = Annotated[Path, typer.Option("--config", help="The configuration file of the system.")]
DEFAULT_CONFIG = Path("config/default.yaml")
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
ALL_STACKS = ""
Stacks = Annotated[str, typer.Option("--stacks", help="Only these stacks, as in make's STACKS=.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the plan and do nothing.")]
