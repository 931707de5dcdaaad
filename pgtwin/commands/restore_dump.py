"""A dump into a new database, with PostgreSQL's own tools.

What always holds: the database is created here; one that exists is never touched by us. Whether the
server and the user can take the dump is asked before anything is made. A dump's own SQL runs with
all that the user may, so it runs as a user who has other databases only where that was confirmed.

A dump names roles and cannot hold them. Where the user may, those that the server lacks are made,
without a password and without the right to log in; where not, what belongs to them is left out and
named. What only a superuser may make is left out for everybody else, and named.
"""

import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from pgtwin.commands.client_session import ClientSession
from pgtwin.commands.dump_contents import kept, refuse_extensions
from pgtwin.commands.dump_snapshot import read_snapshot
from pgtwin.commands.restore_target import LOOK, Server, quoted, refuse
from pgtwin.errors import SiteFailed, SiteRefused

_ANY_ENCODING = ("--locale-provider=libc", "--locale=C")
"""The one locale that goes with every encoding, where the server's own does not."""
_TOOLS = ("createdb", "pg_restore", "psql")


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What was made beside the database, and what was left out."""

    roles_made: tuple[str, ...]
    left_out: tuple[str, ...]
    not_held: dict[str, list[str]]
    """What the dump itself cannot hold, by kind."""


def restore_dump(
    folder: Path, database: str, jobs: int, *, confirmed: str | None = None
) -> Restored:
    """Restore the dump in `folder`; `confirmed` is the user of other databases who runs it.

    Raises:
        SiteRefused: where a tool is missing, the database exists or the user lacks a right, which
            is named; nothing was changed.
        SiteFailed: when the restore ended early; the new database is left to look at.
    """
    for tool in _TOOLS:
        if shutil.which(tool) is None:
            raise SiteRefused(
                f"{tool} is not on PATH; nothing was changed - install the PostgreSQL client"
            )
    session = ClientSession()
    server = Server(**session.ask(LOOK))
    refuse(server, database, confirmed=confirmed)
    entries = _entries(session, folder)
    refuse_extensions(server, entries)
    snapshot = read_snapshot(folder)
    missing = sorted(set(snapshot.roles or ()) - set(server.roles))
    made = missing if server.may_create_roles else []
    for role in made:
        session.ask(f"create role {quoted(role)} nologin")
    foreign = snapshot.encoding not in (None, server.encoding)
    encoding = (f"--encoding={snapshot.encoding}", *_ANY_ENCODING) if foreign else ()
    created = session.run("createdb", "--template=template0", *encoding, database)
    if created.returncode:
        raise SiteRefused(f"{created.stderr.strip()}; no database was made")
    whole = snapshot.roles is not None and missing == made
    lines, left_out = kept(entries, server, whole=whole)
    _restore(session, folder, database, lines, (f"--jobs={jobs}", *_owners(server, whole=whole)))
    if not whole:
        names = ", ".join(missing) or "roles that an older dump does not name"
        left_out.append(f"privileges: the server has no {names}")
    return Restored(roles_made=tuple(made), left_out=tuple(left_out), not_held=snapshot.not_held)


def _entries(session: ClientSession, folder: Path) -> list[str]:
    listed = session.run("pg_restore", "--list", "--verbose", str(folder))
    if listed.returncode:
        raise SiteFailed(f"pg_restore: {listed.stderr.strip()}; nothing was changed")
    return listed.stdout.splitlines(keepends=True)


def _restore(
    session: ClientSession, folder: Path, database: str, lines: list[str], options: Iterable[str]
) -> None:
    contents = folder.with_name(f"{folder.name}.list")
    contents.write_text("".join(lines), encoding="utf-8")
    restored = session.run(
        "pg_restore",
        f"--dbname={database}",
        f"--use-list={contents}",
        *options,
        "--exit-on-error",
        str(folder),
    )
    contents.unlink()
    if restored.returncode:
        said = restored.stderr.strip()
        raise SiteFailed(f"pg_restore: {said}; look at {database}, then: dropdb --force {database}")


def _owners(server: Server, *, whole: bool) -> Collection[str]:
    """Everything as it was, where the roles are there and the user may give it away."""
    if not whole:
        return ("--no-owner", "--no-privileges")
    return () if server.superuser else ("--no-owner",)
