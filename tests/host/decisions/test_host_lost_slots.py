"""A standby that was away for longer than its slot may keep WAL streams again, on PostgreSQL 18."""

import pytest

from drill.operator.instance import Instance
from drill.waiting import wait_for
from host.postgres.psql import Psql
from host.postgres.standbys import renew_lost_slots
from tests.host.decisions.conftest import PodShell, psql_of
from tests.host.decisions.servers import archiving, look_at, servers

SLOT = "_cnpg_site_2"
USERS = "somebody_elses"
REFUSED = "can no longer access replication slot"
STATUS = "SELECT wal_status FROM pg_replication_slots WHERE slot_name = '{}'"


def test_a_standby_whose_slot_was_lost_streams_again_once_the_slot_was_replaced(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("slots")
    with servers(folder, "site-1", "site-2", **archiving(folder), **_SMALL) as (writer, standby):
        _use_slot(writer, standby)
        standby.crash()
        _lose_slots(writer)
        standby.start()
        wait_for(lambda: REFUSED in standby.log_tail(50), 60, "the slot to be refused")
        assert look_at(writer).standbys.receivers == ()
        assert look_at(writer).standbys.lost_slots == (SLOT,)

        assert renew_lost_slots(_psql(writer)) == [SLOT]

        wait_for(lambda: bool(look_at(writer).standbys.receivers), 60, "the standby to stream")
        assert look_at(writer).standbys.lost_slots == ()
        assert renew_lost_slots(_psql(writer)) == []
        assert writer.value(STATUS.format(USERS)) == "lost", "a slot of a user is left alone"


_SMALL = {"max_slot_wal_keep_size": "1MB", "min_wal_size": "32MB"}


def _use_slot(writer: Instance, standby: Instance) -> None:
    for slot in (SLOT, USERS):
        writer.query(f"SELECT pg_create_physical_replication_slot('{slot}', true)")
    standby.query(f"ALTER SYSTEM SET primary_slot_name = '{SLOT}'")
    standby.reload()
    active = "SELECT active FROM pg_replication_slots WHERE slot_name = '{}'".format
    wait_for(lambda: writer.value(active(SLOT)), 60, "the slot to be used")


def _lose_slots(writer: Instance) -> None:
    def lost() -> bool:
        writer.query("SELECT pg_logical_emit_message(true, '', ''), pg_switch_wal()")
        writer.query("CHECKPOINT")
        return all(writer.value(STATUS.format(slot)) == "lost" for slot in (SLOT, USERS))

    wait_for(lost, 120, "the slots to be lost")


def _psql(instance: Instance) -> Psql:
    where = {"PGHOST": str(instance.sockets), "PGPORT": str(instance.port), "PGUSER": "postgres"}
    return psql_of(PodShell(where), "postgres")
