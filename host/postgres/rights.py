"""The rights that our users need, kept however the database's owner hardens it.

The owner may revoke CONNECT, and the next dump would fail. A login trigger may refuse everybody:
with the right to switch event triggers off for itself the dump's session begins all the same
(PostgreSQL 17 and later). Likewise it may lift a limit of its temporary files. The owner may create
databases, so that a dump can be restored beside the database that it was taken of. What is missing
is granted within a minute; where nothing is, nothing is written.
"""

from collections.abc import Collection

from host.postgres import session
from host.postgres.psql import literal

_KEEP = """
select format('grant connect on database %I to %I', current_database(), rolname) from pg_roles
where rolname in ({users}) and not has_database_privilege(oid, current_database(), 'connect')
union all
select format('grant set on parameter %I to %I', parameter, rolname)
from pg_roles, unnest(array[{parameters}]) parameter
where rolname in ({users}) and rolname <> {owner}
  and current_setting('server_version_num')::int >= 170000
  and not has_parameter_privilege(oid, parameter, 'set')
union all
select format('alter role %I createdb', rolname) from pg_roles
where rolname = {owner} and not rolcreatedb and not rolsuper \\gexec
"""


def keep_script(users: Collection[str], *, owner: str) -> str:
    """The SQL that gives `users` back what they lack; prints nothing."""
    return _KEEP.format(
        users=", ".join(map(literal, sorted(users))),
        owner=literal(owner),
        parameters=", ".join(map(literal, session.granted())),
    )
