"""The table of contents of a dump, and what of it a server and a user can take: pure."""

import re
from collections.abc import Iterable

from pgtwin.commands.restore_target import Server
from pgtwin.errors import SiteRefused

_ENTRY = re.compile(r"^\d+; \d+ \d+ (?P<what>.*)$")
_EXTENSION = re.compile(r"^EXTENSION - (?P<name>\S+)")
_NEVER = re.compile(r"^(COMMENT - )?SUBSCRIPTION ")
"""A copy must not take the changes that are meant for the original."""
_PGTWINS = re.compile(r"^((TABLE|TABLE DATA|CONSTRAINT|ACL) |(ACL - SCHEMA|SCHEMA -) )pgtwin ")
"""The heartbeat, which the writer's machines make again. Restored it would belong to its restorer,
and they use no such table (`host/postgres/heartbeat_table.py`)."""
_POLICY = re.compile(r"^(COMMENT \S+ )?POLICY ")
"""Without its policies a table with row level security shows nothing to anybody but its owner."""
_OF_A_SUPERUSER = re.compile(
    r"^((COMMENT|ACL|SECURITY LABEL) \S+ )?(EVENT TRIGGER|PUBLICATION|ACCESS METHOD"
    r"|FOREIGN DATA WRAPPER|OPERATOR CLASS|OPERATOR FAMILY|TEXT SEARCH PARSER"
    r"|TEXT SEARCH TEMPLATE) |^COMMENT - EXTENSION "
)
"""PostgreSQL's documentation, the CREATE command of each. A publication may be of all tables, which
only a superuser publishes; the table of contents does not tell."""


def refuse_extensions(server: Server, entries: Iterable[str]) -> None:
    """Say no to a dump whose extensions this server cannot install.

    Raises:
        SiteRefused: naming them.
    """
    missing = {_extension(each) for each in entries} - {*server.extensions, None}
    if missing:
        names = ", ".join(sorted(map(str, missing)))
        raise SiteRefused(
            f"the server has no extension {names}, which the dump needs; nothing was changed - "
            "install it there, or take another server"
        )


def kept(
    entries: Iterable[str], server: Server, *, whole: bool = True
) -> tuple[list[str], list[str]]:
    """The lines of a table of contents that are restored, and what is left out.

    `whole`: the server has every role that the dump names; policies name some of them.
    """
    lines, left_out = [], []
    for line in entries:
        what = _what(line)
        homeless = not whole and _POLICY.match(what)
        if _NEVER.match(what) or homeless or (not server.superuser and _barred(line, server)):
            left_out.append(what.strip())
        else:
            lines.append(line)
    return lines, left_out


def _barred(line: str, server: Server) -> bool:
    """Whether only a superuser may make this, or another role."""
    what, extension = _what(line), _extension(line)
    if _PGTWINS.match(what):
        return not what.endswith(f" {server.user}")
    of_another = what.startswith("DEFAULT ACL ") and not what.endswith(f" {server.user}")
    untrusted = extension is not None and not server.extensions[extension]
    return bool(_OF_A_SUPERUSER.match(what)) or of_another or untrusted


def _what(line: str) -> str:
    """What an entry is; "" for a comment."""
    found = _ENTRY.match(line)
    return found["what"] if found else ""


def _extension(line: str) -> str | None:
    found = _EXTENSION.match(_what(line))
    return found["name"] if found else None
