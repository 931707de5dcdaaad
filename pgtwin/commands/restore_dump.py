"""A dump into a new database, with PostgreSQL's own tools.

What always holds: the database is created here; one that exists is never touched. Whether the
server and the user can take the dump is asked before anything is made.

A dump names roles and cannot hold them. Where the user may, those that the server lacks are made,
without a password and without the right to log in; where not, what belongs to them is left out and
named. What only a superuser may make is left out for everybody else, and named.
"""

import json
import re
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgtwin.commands.client_session import ClientSession
from pgtwin.errors import SiteFailed, SiteRefused

_TOOLS = ("createdb", "pg_restore", "psql")
_LOOK = """
select json_build_object('user', rolname, 'superuser', rolsuper,
  'may_create_databases', rolsuper or rolcreatedb, 'may_create_roles', rolsuper or rolcreaterole,
  'replica', pg_is_in_recovery(), 'major', current_setting('server_version_num')::int / 10000,
  'databases', (select json_agg(datname) from pg_database),
  'roles', (select json_agg(rolname) from pg_roles))
from pg_roles where rolname = session_user
"""
_ENTRY = re.compile(r"^\d+; \d+ \d+ (?P<what>.*)$")
_OF_A_SUPERUSER = ("EVENT TRIGGER ", "COMMENT - EVENT TRIGGER ", "COMMENT - EXTENSION ")
_NEVER = ("SUBSCRIPTION ", "COMMENT - SUBSCRIPTION ")
"""A copy must not take the changes that are meant for the original."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """What the server says of itself and of the user."""

    user: str
    superuser: bool
    may_create_databases: bool
    may_create_roles: bool
    replica: bool
    major: int
    databases: list[str]
    roles: list[str]


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What was made beside the database, and what was left out."""

    roles_made: tuple[str, ...]
    left_out: tuple[str, ...]
    not_held: dict[str, list[str]]
    """What the dump itself cannot hold, by kind."""


def restore_dump(folder: Path, database: str, jobs: int) -> Restored:
    """Restore the dump in `folder`.

    Raises:
        SiteRefused: where a tool is missing, the database exists or the user lacks a right, which
            is named; nothing was changed.
        SiteFailed: when the restore ended early; the new database is left to look at.
    """
    for tool in _TOOLS:
        if shutil.which(tool) is None:
            raise SiteRefused(f"{tool} is not on PATH; install the PostgreSQL client first")
    session = ClientSession()
    server = Server(**session.ask(_LOOK))
    refuse(server, database)
    beside = _beside(folder)
    wanted = beside.get("roles")
    missing = sorted(set(wanted or ()) - set(server.roles))
    made = missing if server.may_create_roles else []
    for role in made:
        session.ask(f"create role {_quoted(role)} nologin")
    created = session.run("createdb", "--template=template0", database)
    if created.returncode:
        raise SiteRefused(f"{created.stderr.strip()}; no database was made")
    whole = wanted is not None and missing == made
    left_out = _restore(session, server, folder, database, jobs, whole=whole)
    if not whole:
        names = ", ".join(missing) or "roles that an older dump does not name"
        left_out = (*left_out, f"privileges: the server has no {names}")
    return Restored(roles_made=tuple(made), left_out=left_out, not_held=beside.get("not_held", {}))


def refuse(server: Server, database: str) -> None:
    """Say no before anything is made: pure.

    Raises:
        SiteRefused: naming what is in the way.
    """
    why = None
    if server.replica:
        why = "this server is a replica; PGHOST must lead to the writer, or to a server of its own"
    elif database in server.databases:
        why = f'database "{database}" exists already; name a new one with --into'
    elif not server.may_create_databases:
        why = (
            f"{server.user} may not create databases here; PGUSER must be one who may: the "
            f"database's owner on the writer, a superuser elsewhere, or after "
            f"ALTER ROLE {_quoted(server.user)} CREATEDB"
        )
    if why:
        raise SiteRefused(f"{why}; nothing was changed")


def kept(entries: Iterable[str], *, superuser: bool, user: str) -> tuple[list[str], list[str]]:
    """The lines of a table of contents that are restored, and what is left out: pure."""
    lines, left_out = [], []
    for line in entries:
        found = _ENTRY.match(line)
        what = found["what"] if found else ""
        barred = _NEVER if superuser else (*_NEVER, *_OF_A_SUPERUSER)
        of_another = what.startswith("DEFAULT ACL ") and not what.endswith(f" {user}")
        if what.startswith(barred) or (of_another and not superuser):
            left_out.append(what)
        else:
            lines.append(line)
    return lines, left_out


def _restore(
    session: ClientSession, server: Server, folder: Path, database: str, jobs: int, *, whole: bool
) -> tuple[str, ...]:
    listed = session.run("pg_restore", "--list", str(folder))
    entries = listed.stdout.splitlines(keepends=True)
    lines, left_out = kept(entries, superuser=server.superuser, user=server.user)
    contents = folder.with_name(f"{folder.name}.list")
    contents.write_text("".join(lines), encoding="utf-8")
    restored = session.run(
        "pg_restore",
        f"--dbname={database}",
        f"--jobs={jobs}",
        f"--use-list={contents}",
        *_owners(server, whole=whole),
        "--exit-on-error",
        str(folder),
    )
    contents.unlink()
    if listed.returncode or restored.returncode:
        said = (listed.stderr + restored.stderr).strip()
        raise SiteFailed(f"pg_restore: {said}; look at {database}, then: dropdb --force {database}")
    return tuple(left_out)


def _owners(server: Server, *, whole: bool) -> Collection[str]:
    """Everything as it was, where the roles are there and the user may give it away."""
    if not whole:
        return ("--no-owner", "--no-privileges")
    return () if server.superuser else ("--no-owner",)


def _beside(folder: Path) -> dict[str, Any]:
    """What dump.sh wrote beside the dump; nothing where an older one did not."""
    try:
        found = json.loads((folder / "SNAPSHOT").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
