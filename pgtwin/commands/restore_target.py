"""The server and the user that a dump is restored with, and whether they can take it."""

from dataclasses import dataclass

from pgtwin.errors import SiteRefused

LOOK = """
select json_build_object('user', rolname, 'superuser', rolsuper,
  'may_create_databases', rolsuper or rolcreatedb, 'may_create_roles', rolsuper or rolcreaterole,
  'replica', pg_is_in_recovery(), 'encoding', (
    select pg_encoding_to_char(encoding) from pg_database where datname = 'template0'),
  'extensions', (select coalesce(json_object_agg(name, trusted), '{}') from (
    select name, bool_or(trusted) as trusted from pg_available_extension_versions
    group by name) as each),
  'databases', (select json_agg(datname) from pg_database),
  'owned', (select coalesce(json_agg(datname order by datname), '[]') from pg_database as each
    where not datistemplate and datname <> 'postgres'
      and (pg_has_role(session_user, datdba, 'member') or exists (select from pg_shdepend
        where dbid = each.oid and refclassid = 'pg_authid'::regclass and deptype = 'o'
          and pg_has_role(session_user, refobjid, 'member')))),
  'roles', (select json_agg(rolname) from pg_roles))
from pg_roles where rolname = session_user
"""


@dataclass(frozen=True, kw_only=True)
class Server:
    """What the server says of itself and of the user."""

    user: str
    superuser: bool
    may_create_databases: bool
    may_create_roles: bool
    replica: bool
    encoding: str
    """Of its new databases."""
    extensions: dict[str, bool]
    """Those that it can install; whether one is trusted, so that an owner may."""
    databases: list[str]
    owned: list[str]
    """Those that are the user's, or hold something that is; a superuser's are all."""
    roles: list[str]


def refuse(server: Server, database: str, *, confirmed: str | None) -> None:
    """Say no before anything is made: pure.

    A dump is SQL, and runs with all that the user may. Whoever may write into a bucket may write a
    dump with checksums of its own. So a user who has other databases has to be confirmed by name.

    Raises:
        SiteRefused: naming what is in the way.
    """
    found = _problem(server, database, confirmed)
    if found is not None:
        why, hint = found
        raise SiteRefused(f"{why}; nothing was changed - {hint}")


def _problem(server: Server, database: str, confirmed: str | None) -> tuple[str, str] | None:
    """What is in the way, and what to do about it."""
    if server.replica:
        return "this server is a replica", "set PGHOST to the writer, or to a server of its own"
    if database in server.databases:
        return f'database "{database}" exists already', "name a new one with --into"
    if not server.may_create_databases:
        return (
            f"{server.user} may not create databases here",
            "set PGUSER to one who may: the database's owner on the writer, a superuser elsewhere, "
            f"or after ALTER ROLE {quoted(server.user)} CREATEDB",
        )
    if server.owned and confirmed != server.user:
        return (
            f"{server.user} has what is in {', '.join(server.owned)}, and so has the SQL of the "
            "dump, whoever wrote it",
            f"trust it with --yes-run-as {server.user}, or set PGUSER to a role that owns nothing; "
            "for that, read: docs/restore.md",
        )
    return None


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
