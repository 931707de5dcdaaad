"""What a cell may end in: a rule over the command's own data, never what a run happened to show.

* A region that the command does not need may fail as it likes: the command is done.
* A region that it needs: it is refused or stops; it is done where that region failed too late, or
  where the services that it asks are among those that live.
* One that looks only is done, or says at its end what is missing.
* Where a region was lost before, which the command looks at first, nothing is changed.
"""

from drill.failures.cell import BEFORE, Cell, Good

_DONE: frozenset[Good] = frozenset(("done",))
_NOT_DONE: frozenset[Good] = frozenset(("refused", "stopped"))


def expected(cell: Cell) -> frozenset[Good]:
    """The outcomes that are no lie."""
    if cell.region not in cell.command.needs:
        return _DONE
    if cell.command.looks_only:
        return frozenset(("done", "stopped"))
    if cell.moment == BEFORE and cell.mode.whole and cell.region != "us-east-1":
        return _NOT_DONE
    return _NOT_DONE | _DONE


def may_change(cell: Cell) -> bool:
    """Whether the command may have changed anything where it is not done."""
    lost = cell.moment == BEFORE and cell.mode.whole
    return not (lost and cell.region in cell.command.looks_first_at)
