"""A dump into a new database, with PostgreSQL's own tools.

What always holds: the database is created here; one that exists is never touched by us. Whether the
server and the user can take the dump is asked before anything is made. A dump's own SQL runs with
all that the user may, so it runs as a user who has other databases only where that was confirmed.
Whatever ends it early, an interruption too, what was made by then is named: first the database,
then all roles at once.

A dump names roles and cannot hold them. Where the user may, those that the server lacks are made,
without a password and without the right to log in; where not, what belongs to them is left out and
named. What only a superuser may make is left out for everybody else, and named.

A superuser makes those that were superusers as superusers: nobody else may own an event trigger, or
fill a view from the tables of others. There the dump's SQL could do as much by itself.
"""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pgtwin.commands.client_session import ClientSession
from pgtwin.commands.dump_contents import described, kept, privileges, refuse_extensions
from pgtwin.commands.dump_files import Strange, check_files
from pgtwin.commands.dump_snapshot import DumpSnapshot, read_snapshot
from pgtwin.commands.new_database import create_database
from pgtwin.commands.pg_restore import PgRestore
from pgtwin.commands.restore_target import LOOK, Server, quoted, refuse
from pgtwin.errors import SiteFailed, SiteRefused

_NO_TABLESPACES = "--no-tablespaces"
"""They are a server's, and no dump of one database holds them."""
_TOOLS = ("createdb", "pg_restore", "psql")
_OLDEST = 17
"""Reads what pg_dump 17 and 18 write (PostgreSQL src/bin/pg_dump/pg_backup_archiver.h, K_VERS_SELF:
1.16 since 17); an older one ends with "unsupported version (1.16) in file header"."""
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What was made beside the database, and what was left out."""

    roles_made: tuple[str, ...]
    superusers_made: tuple[str, ...]
    """Of these."""
    left_out: tuple[str, ...]
    not_held: dict[str, list[str]]
    """What the dump itself cannot hold, by kind."""


def restore_dump(
    folder: Path,
    database: str,
    jobs: int,
    *,
    instead: str,
    confirmed: str | None = None,
) -> Restored:
    """Restore the dump in `folder`; `confirmed` is the user of other databases who runs it.

    `instead` says what to do where this copy is not fit.

    Raises:
        SiteRefused: where a tool is missing, the database exists or the user lacks a right, which
            is named; nothing was changed.
        SiteFailed: where the dump names other files than its own; nothing was changed. And when
            the restore ended early; what it made is named, and left to look at.
    """
    _refuse_other_files(folder, instead)
    session, server = _target(database, confirmed)
    restore = PgRestore(session=session, folder=folder, database=database)
    entries = restore.entries()
    refuse_extensions(server, entries)
    snapshot = read_snapshot(folder)
    missing = _missing(server, snapshot)
    made = missing if server.may_create_roles else []
    superusers = [role for role in made if server.superuser and role in snapshot.superusers]
    whole = snapshot.roles is not None and missing == made
    lines, barred = kept(entries, server, whole=whole)
    with _naming(database, made):
        left_out = [*create_database(session, server, snapshot, database), *barred]
        _make_roles(session, made, superusers)
        if whole and server.superuser:
            restore.every(lines, f"--jobs={jobs}", _NO_TABLESPACES)
        else:
            bare = ("--no-owner", "--no-privileges")
            restore.every(lines, f"--jobs={jobs}", _NO_TABLESPACES, *bare)
        if whole and not server.superuser:
            left_out += _privileges(restore, lines)
    if not whole:
        names = ", ".join(missing) or "roles that an older dump does not name"
        left_out.append(f"privileges: the server has no {names}")
    return Restored(
        roles_made=tuple(made),
        superusers_made=tuple(superusers),
        left_out=tuple(left_out),
        not_held=snapshot.not_held,
    )


def refuse_early(database: str, *, confirmed: str | None = None) -> None:
    """Say no to what needs no look at a dump, before one is downloaded.

    Raises:
        SiteRefused: as `restore_dump` does.
    """
    _target(database, confirmed)


def _target(database: str, confirmed: str | None) -> tuple[ClientSession, Server]:
    session = ClientSession()
    _refuse_tools(session)
    try:
        server = Server(**session.ask(LOOK))
    except SiteFailed as error:
        raise SiteRefused(
            f"{error}; nothing was changed - set PGHOST, PGPORT, PGUSER and PGPASSWORD"
        ) from error
    refuse(server, database, confirmed=confirmed)
    return session, server


def _refuse_tools(session: ClientSession) -> None:
    for tool in _TOOLS:
        if shutil.which(tool) is None:
            raise SiteRefused(
                f"{tool} is not on PATH; nothing was changed - install the PostgreSQL client"
            )
        try:
            version = _VERSION.search(session.run(tool, "--version").stdout)
        except OSError as error:
            raise SiteRefused(
                f"{tool} does not start: {error.strerror}; nothing was changed - install the "
                "PostgreSQL client"
            ) from error
        if version and int(version[1]) < _OLDEST:
            raise SiteRefused(
                f"{tool} on this machine is of PostgreSQL {version[1]}, and a dump needs {_OLDEST} "
                "or newer; nothing was changed - install a newer PostgreSQL client"
            )


def _make_roles(session: ClientSession, roles: Sequence[str], superusers: Sequence[str]) -> None:
    """All or none: statements of one command are one transaction (psql's documentation, `-c`)."""
    statements = (
        f"create role {quoted(role)} nologin{' superuser' if role in superusers else ''}"
        for role in roles
    )
    if roles:
        session.ask("; ".join(statements))


@contextmanager
def _naming(database: str, roles: Sequence[str]) -> Iterator[None]:
    """Name what was made, whatever ends the block early."""
    try:
        yield
    except SiteRefused:
        raise
    except (SiteFailed, OSError, KeyboardInterrupt) as error:
        also = f" and the roles {', '.join(roles)}" if roles else ""
        raise SiteFailed(
            f"{str(error) or 'interrupted'}; what was made by then stays to be looked at: the "
            f"database {database}{also} - run: dropdb --force {database}"
        ) from error


def _missing(server: Server, snapshot: DumpSnapshot) -> list[str]:
    """The roles that the server lacks; those of superusers matter where owners are kept."""
    owners = snapshot.superusers if server.superuser and snapshot.roles is not None else ()
    return sorted({*(snapshot.roles or ()), *owners} - set(server.roles))


def _refuse_other_files(folder: Path, instead: str) -> None:
    try:
        check_files(folder)
    except (Strange, OSError) as error:
        raise SiteFailed(
            f"the dump is not as pg_dump 17 or 18 writes one: {error}. It may lead pg_restore to "
            f"other files of this computer; nothing was changed - {instead}"
        ) from error


def _privileges(restore: PgRestore, lines: list[str]) -> list[str]:
    """Grant what the user may, and say what not: what others passed on is theirs to grant."""
    granted = privileges(lines)
    failed = restore.each(granted, "--no-owner")
    return [what for entry, what in described(granted) if entry in failed]
