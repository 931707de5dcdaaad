"""A site's standbys as its leading instance sees them, and the slots that they can use no more.

`max_slot_wal_keep_size` invalidates the slot of a standby that was away for long. PostgreSQL 18
refuses such a slot forever ("can no longer access replication slot", slot.c), and CloudNativePG
leaves it as long as the instance exists (v1.30.0
internal/management/controller/slots/reconciler/replicationslot.go). Its standby would follow the
archive and never stream again: Ready, and nobody that a commit can wait for.
"""

from collections.abc import Collection
from dataclasses import dataclass

from host.postgres.psql import Psql

_LOST = r"""
slot_type = 'physical' and wal_status = 'lost' and not active
  and slot_name like '\_cnpg\_%'
"""
"""By the operator's own prefix: a slot of somebody else is for him to look at."""
STANDBYS = f"""
select json_build_object(
  'receivers', (select coalesce(json_agg(application_name), '[]')
    from pg_stat_replication where state in ('streaming', 'catchup')),
  'lost_slots', (select coalesce(json_agg(slot_name), '[]')
    from pg_replication_slots where {_LOST}),
  'tablespaces', (select coalesce(json_agg(format('%I in %s', spcname, place)), '[]')
    from pg_tablespace, pg_tablespace_location(oid) place where place like '/%'))
"""  # noqa: S608 (constants of this module)
_RENEW = f"""
with dropped as materialized (
  select slot_name, pg_drop_replication_slot(slot_name) from pg_replication_slots where {_LOST})
select coalesce(json_agg(slot_name), '[]') from (
  select slot_name, pg_create_physical_replication_slot(slot_name) from dropped) made;
"""  # noqa: S608
"""Recreated as the instance manager makes them: they keep WAL once their standby has come."""


@dataclass(frozen=True, kw_only=True)
class Standbys:
    """What one leading instance says."""

    receivers: tuple[str, ...]
    """The names under which WAL is received from it."""
    lost_slots: tuple[str, ...]
    tablespaces: tuple[str, ...]
    """Those in a folder of their own, which a standby lacks: it stops where it would replay the
    making of one (PostgreSQL src/backend/commands/tablespace.c, create_tablespace_directories)."""

    def streaming(self, pods: Collection[str]) -> int:
        """How many of these instances receive WAL from it."""
        return len(set(self.receivers) & set(pods))


def renew_lost_slots(psql: Psql) -> list[str]:
    """Replace the lost slots that nobody uses; their names.

    Raises:
        PsqlFailed: with what psql said, as where one is used by now.
    """
    renewed: list[str] = psql.query(_RENEW)
    return renewed
