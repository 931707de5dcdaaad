"""Three verdicts that are never taken for each other.

`Differs`: two copies of one moment are not the same, or PostgreSQL found damage. A `Finding` that
is not judged: it was looked at, and what was seen says nothing either way. Any other error: it
could not be looked at.
"""

import re
from dataclasses import dataclass

from host.errors import Failed

_DAMAGED = ("XX", "58P01")
"""Of the SQLSTATEs for damage: internal_error, data_corrupted, index_corrupted; and undefined_file,
a relation whose file is not there (PostgreSQL's documentation, "PostgreSQL Error Codes")."""
_COULD_NOT_LOOK = ("08", "40", "53", "55", "57", "58")
"""The classes of what stopped the look: the connection, a deadlock, resources, a lock, who asked
or the server stopping, the system. Any other is what the database's own code says."""
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
    sqlstate: str = ""
    """Five characters; empty where PostgreSQL did not say."""

    @property
    def damaged(self) -> bool:
        """Whether PostgreSQL found damage."""
        return self.sqlstate.startswith(_DAMAGED)

    @property
    def could_not_look(self) -> bool:
        """Whether it says nothing about what was looked at."""
        return not self.damaged and (not self.sqlstate or self.sqlstate.startswith(_COULD_NOT_LOOK))


def damage_of(stderr: str) -> Reason:
    """From what psql writes with `VERBOSITY verbose`: pure."""
    said = _SAID.search(stderr)
    return Reason(text=said[2], sqlstate=said[1]) if said else Reason(text=stderr.strip())
