"""The heartbeat: one row per site, written once a minute where the writer is.

Its age on the replica is the RPO at that moment, from the writer's commit through the archive to
the replica's replay, whether applications write or not.
"""

from collections.abc import Collection

from host.postgres.heartbeat_table import LOOK, REFUSE
from host.postgres.psql import Psql, literal
from host.postgres.rights import keep_script
from host.site import Site

PERIOD_SECONDS = 60
"""How often `report` runs."""
_TRANSPORT_SECONDS = 60
"""What a heartbeat may take from the archive to the replay, besides waiting for its segment."""
_WAKE = """
select to_json(pg_reload_conf()) where now() - pg_postmaster_start_time() < interval '10 minutes';
"""
"""Since PostgreSQL 15 the checkpointer of a server that was just started sleeps through
archive_timeout, for checkpoint_timeout (5 minutes), until something wakes it; a reload does.
Without it a quiet writer is not archived after a restart, and a promotion ends with one."""
_CREATE = """
set client_min_messages = warning;
\\if :heartbeat_absent
begin;
create schema if not exists pgtwin;
create table if not exists pgtwin.heartbeat (site text primary key, at timestamptz not null);
grant usage on schema pgtwin to public;
grant select on pgtwin.heartbeat to public;
grant select, insert, update on pgtwin.heartbeat to {owner};
commit;
\\endif
"""
_WRITE = """
insert into pgtwin.heartbeat (site, at) values ({site}, clock_timestamp())
on conflict (site) do update set at = excluded.at;
"""
_COMMIT = """
\\if :heartbeat_own
{write}
\\else
select pg_logical_emit_message(true, 'pgtwin', '') as committed \\gset
\\endif
"""
"""A message is WAL of a transaction like a row, so its commit waits for what a row's waits for; it
touches no table."""
_AGE = """
\\if :heartbeat_own
select to_json(extract(epoch from clock_timestamp() - at))
from pgtwin.heartbeat where site = {site} and isfinite(at);
\\endif
"""


def ensure(psql: Psql, owner: str, *, users: Collection[str] = ()) -> None:
    """Make the table, writable for the database's owner; changes nothing where it is there.

    Everybody may read it: the operator's metrics exporter does, with a role of its own. `users` are
    ours, whose rights are kept on the way.
    """
    psql.query(_ensure_script(owner, users))


def beat(psql: Psql, site: str, *, owner: str, users: Collection[str] = ()) -> None:
    """`ensure` and `write` in one session: each is a start of kubectl and of psql in the pod."""
    psql.query(_ensure_script(owner, users) + write_script(site) + _WAKE)


def write(psql: Psql, site: str) -> None:
    """Write the row of the writer's site, and see to it that it gets into the archive in time."""
    psql.query(write_script(site) + _WAKE)


def commit(psql: Psql, site: str, *, owner: str, users: Collection[str] = ()) -> None:
    """See a commit acknowledged: `beat`'s, or one without a row where the table is not ours."""
    confirmed = _COMMIT.format(write=_WRITE.format(site=literal(site)))
    psql.query(_rights(owner, users) + LOOK + _create(owner) + LOOK + confirmed + _WAKE)


def _ensure_script(owner: str, users: Collection[str]) -> str:
    """The rights first: they are kept where the table is refused."""
    return _rights(owner, users) + LOOK + REFUSE + _create(owner)


def _rights(owner: str, users: Collection[str]) -> str:
    return keep_script(users, owner=owner) if users else ""


def _create(owner: str) -> str:
    return _CREATE.format(owner='"' + owner.replace('"', '""') + '"')


def write_script(site: str) -> str:
    """The SQL that writes the row."""
    return LOOK + REFUSE + _WRITE.format(site=literal(site))


def age_script(site: str) -> str:
    """The SQL that reads the age of a site's row in seconds; nothing where there is none."""
    return LOOK + REFUSE + _AGE.format(site=literal(site))


def age_seconds(psql: Psql, writer: str) -> float | None:
    """The age of the writer's row as it can be read here; None where none arrived yet."""
    found = psql.query(age_script(writer), read_only=True)
    return None if found is None else float(found)


def following_seconds(site: Site) -> float:
    """How old the newest heartbeat may be on a replica that follows."""
    return site.document.database.archive_timeout_seconds + PERIOD_SECONDS + _TRANSPORT_SECONDS
