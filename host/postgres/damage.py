"""Three verdicts that are never taken for each other.

`Differs`: two copies of one moment are not the same, or PostgreSQL found damage. A `Finding` that
is not judged: it was looked at, and what was seen says nothing either way. Any other error: it
could not be looked at.
"""

import re
from dataclasses import dataclass

from host.errors import Failed

_CLASS = "XX"
"""Of the SQLSTATEs for damage: internal_error, data_corrupted, index_corrupted (PostgreSQL's
documentation, "PostgreSQL Error Codes")."""
_SAID = re.compile(r"(?:ERROR|FATAL|PANIC):  (\w{5}): (.*)")


class Differs(Failed):
    """Two copies are not the same, or one of them is damaged."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check found that did not fail."""

    result: str
    not_judged: bool = False


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a statement failed."""

    text: str
    damaged: bool


def damage_of(stderr: str) -> Reason:
    """From what psql writes with `VERBOSITY verbose`: pure."""
    said = _SAID.search(stderr)
    if said is None:
        return Reason(text=stderr.strip(), damaged=False)
    return Reason(text=said[2], damaged=said[1].startswith(_CLASS))
