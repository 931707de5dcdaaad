"""What a run of a command came to: pure, from how it ended and what it said."""

import re
from collections.abc import Set
from typing import get_args

from drill.failure_modes import FailureMode
from drill.failures.cell import Cell, Good
from topology.site import SiteName

_NEXT = re.compile(r"pgtwin [a-z]|run: |cdk bootstrap|aws sso|try again|docs/[a-z-]+\.md")
SILENT_SECONDS = 10.0


def verdict(code: int | None, said: str, *, changed: bool, longest_silence: float) -> str:
    """The outcome; `code` is None where the command had to be killed."""
    if code is None:
        return "hanging"
    if "Traceback (most recent call last)" in said:
        return "traceback"
    if longest_silence > SILENT_SECONDS:
        return f"silent for {longest_silence:.0f} s"
    if code == 2:  # noqa: PLR2004 (pgtwin's own; see its --help)
        return "refused after a change" if changed else "refused"
    return "done" if code == 0 else _stopped(code, said)


def _stopped(code: int, said: str) -> str:
    if code not in (3, 4, 5):
        return f"exit code {code}"
    return "stopped" if _NEXT.search(said) else "stopped without a next command"


def unless_well(outcome: str, *, failed: bool) -> str:
    """A region whose moment never came shows nothing, however well the command ended."""
    is_good = outcome in get_args(Good)
    return f"{outcome}, and the region never failed" if is_good and not failed else outcome


def done_or_lie(cell: Cell, writers: Set[SiteName]) -> str:
    """What a command that says that it is done came to.

    `writers` are those that accept writes on machines that are not stopped.
    """
    named = cell.command.leaves_writing
    if named is None:
        return "done"
    if named not in writers:
        return f"done, and {named} does not write"
    # A lost primary is kept from clients by its own machines' gate, which a host double lacks.
    out_of_reach = cell.command.name == "failover" and cell.region == "primary"
    alone = len(writers) == 1 or out_of_reach
    return "done" if alone else "done, and two sites write"


def fails_alike(mode: FailureMode) -> bool:
    """Whether the whole region gives no answer in this mode: a failover then takes the same."""
    return mode.whole and mode.tells == "nothing"
