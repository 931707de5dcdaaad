"""The server and the user that a dump is restored with, and whether they can take it."""

from dataclasses import dataclass

from pgtwin.errors import SiteRefused

LOOK = """
select json_build_object('user', rolname, 'superuser', rolsuper,
  'may_create_databases', rolsuper or rolcreatedb, 'may_create_roles', rolsuper or rolcreaterole,
  'replica', pg_is_in_recovery(), 'encoding', current_setting('server_encoding'),
  'extensions', (select coalesce(json_object_agg(name, trusted), '{}') from (
    select name, bool_or(trusted) as trusted from pg_available_extension_versions
    group by name) as each),
  'databases', (select json_agg(datname) from pg_database),
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
    extensions: dict[str, bool]
    """Those that it can install; whether one is trusted, so that an owner may."""
    databases: list[str]
    roles: list[str]


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
            f"ALTER ROLE {quoted(server.user)} CREATEDB"
        )
    if why:
        raise SiteRefused(f"{why}; nothing was changed")


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
