"""The table of contents of a dump, and what of it a server and a user can take: pure."""

import re
from collections.abc import Iterable

from pgtwin.commands.restore_target import Server
from pgtwin.errors import SiteRefused

_ENTRY = re.compile(r"^(?P<id>\d+); \d+ \d+ (?P<what>.*)$")
_NEEDS = re.compile(r"^;\tdepends on:(?P<ids>[ \d]*)$")
"""What `pg_restore --list --verbose` writes below an entry."""
_EXTENSION = re.compile(r"^EXTENSION - (?P<name>\S+)")
_NEVER = re.compile(r"^(COMMENT - )?SUBSCRIPTION ")
"""A copy must not take the changes that are meant for the original."""
_PGTWINS = re.compile(r"^((TABLE|TABLE DATA|CONSTRAINT|ACL) |(ACL - SCHEMA|SCHEMA -) )pgtwin ")
"""The heartbeat, which the writer's machines make again. Restored it would belong to its restorer,
and they use no such table (`host/postgres/heartbeat_table.py`)."""
_POLICY = re.compile(r"^(COMMENT \S+ )?POLICY ")
"""Without its policies a table with row level security shows nothing to anybody but its owner."""
_PRIVILEGES = re.compile(r"^(DEFAULT )?ACL ")
_OF_AN_OBJECT = re.compile(r"^ACL (?!- SCHEMA public )")
"""A database's owner grants on its schema public, which a dump does not list."""
_ROWS = re.compile(r"^(TABLE DATA|SEQUENCE SET) ")
_OF_A_SUPERUSER = re.compile(
    r"^((COMMENT|ACL|SECURITY LABEL) \S+ )?(EVENT TRIGGER|PUBLICATION|ACCESS METHOD|SERVER"
    r"|FOREIGN DATA WRAPPER|USER MAPPING|FOREIGN TABLE|OPERATOR CLASS|OPERATOR FAMILY|CAST"
    r"|TEXT SEARCH PARSER|TEXT SEARCH TEMPLATE|PROCEDURAL LANGUAGE|SHELL TYPE)"
    r"( TABLES? IN SCHEMA| TABLE)? |^COMMENT - EXTENSION "
)
"""The kinds of charts/dump/contents.awk, held by a test. A publication may be of all tables, and a
cast between types of nobody, which only a superuser makes; `_own_casts` are the others."""
_CAST = re.compile(r"^CAST ")
_FUNCTION = re.compile(r"^FUNCTION ")
_TYPE = re.compile(r"^(TYPE|TABLE|VIEW|MATERIALIZED VIEW) ")


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
    """The lines of a table of contents that are restored, and what is left out, with all that
    depends on it.

    `whole`: the server has every role that the dump names; policies name some of them.
    """
    lines = list(entries)
    needs = _needs(lines)
    barred = {
        _id(line)
        for line in lines
        if _NEVER.match(_what(line)) or (not whole and _POLICY.match(_what(line)))
    }
    if not server.superuser:
        barred |= {_id(line) for line in lines if _barred(line, server)} - _own_casts(lines, needs)
        barred |= _granted_by_others(lines, needs) | _of_extensions(lines, needs)
    while more := {each for each, ids in needs.items() if ids & barred} - barred:
        barred |= more
    left_out = [what for entry, what in described(lines) if entry in barred]
    return [line for line in lines if not _what(line) or _id(line) not in barred], left_out


def privileges(entries: Iterable[str]) -> list[str]:
    """Those of the lines that grant or revoke."""
    return [line for line in entries if _PRIVILEGES.match(_what(line))]


def described(entries: Iterable[str]) -> list[tuple[str, str]]:
    """The id of each entry, and what it is."""
    return [(_id(line), _what(line).strip()) for line in entries if _what(line)]


def _own_casts(lines: Iterable[str], needs: dict[str, set[str]]) -> set[str]:
    """Casts of a type by a function, both of the dump's own: who makes these may make the cast."""
    of = {_id(line): _what(line) for line in lines}

    def needs_a(kind: re.Pattern[str], cast: str) -> bool:
        return any(kind.match(of.get(each, "")) for each in needs.get(cast, ()))

    casts = {each for each, what in of.items() if _CAST.match(what)}
    return {each for each in casts if needs_a(_FUNCTION, each) and needs_a(_TYPE, each)}


def _granted_by_others(lines: Iterable[str], needs: dict[str, set[str]]) -> set[str]:
    """Privileges on what the dump does not make: PostgreSQL's own objects and an extension's."""
    of_objects = {_id(line) for line in lines if _OF_AN_OBJECT.match(_what(line))}
    made = {_id(line) for line in lines} - of_objects
    return {each for each in of_objects if not needs.get(each, set()) & made}


def _of_extensions(lines: Iterable[str], needs: dict[str, set[str]]) -> set[str]:
    """Rows whose table the dump does not make: an extension does, and a superuser owns it."""
    made = {_id(line) for line in lines}
    rows = {_id(line) for line in lines if _ROWS.match(_what(line))}
    return {each for each in rows if not needs.get(each, set()) & made}


def _needs(lines: Iterable[str]) -> dict[str, set[str]]:
    """What each entry depends on."""
    needs: dict[str, set[str]] = {}
    entry = ""
    for line in lines:
        entry = _id(line) or entry
        found = _NEEDS.match(line)
        if found:
            needs.setdefault(entry, set()).update(found["ids"].split())
    return needs


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


def _id(line: str) -> str:
    found = _ENTRY.match(line)
    return found["id"] if found else ""


def _extension(line: str) -> str | None:
    found = _EXTENSION.match(_what(line))
    return found["name"] if found else None
