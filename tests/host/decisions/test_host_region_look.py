"""What a real PostgreSQL says of the other region, as the list is changed under it by a reload."""

import pytest

from drill.operator.instance import Instance
from drill.waiting import wait_for
from host.writer.region_look import look
from host.writer.region_seen import Look
from tests.host.decisions.conftest import PodShell, psql_of
from tests.host.decisions.servers import servers

LIST = 'FIRST 1 ("site-dr")'


def look_at(instance: Instance) -> Look | None:
    where = {"PGHOST": str(instance.sockets), "PGPORT": str(instance.port), "PGUSER": "postgres"}
    return look(psql_of(PodShell(where), "postgres"), "site-dr")


def is_waited_for(seen: Look | None) -> bool:
    return seen is not None and seen.region is not None and seen.region.is_waited_for


def is_off_the_list(seen: Look | None) -> bool:
    return seen is not None and seen.region is not None and seen.region.is_off_the_list


def set_list(instance: Instance, names: str) -> None:
    instance.query(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
    instance.reload()


def test_sync_state_follows_the_list_and_what_is_flushed_there_follows_what_is_written(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("region")
    # A WAL receiver goes by the name of its cluster where it is given no other.
    with servers(folder, "writer", "replica", cluster_name="site-dr") as (writer, replica):
        wait_for(lambda: is_off_the_list(look_at(writer)), 60, "the region to stream")
        set_list(writer, LIST)
        wait_for(lambda: is_waited_for(look_at(writer)), 60, "the list to be read")
        before = look_at(writer)
        assert before is not None
        writer.query("CREATE TABLE t AS SELECT 1")

        after = look_at(writer)

        assert after is not None
        assert after.region is not None
        assert after.region.connections == 1
        wait_for(lambda: _is_at_rest(look_at(writer)), 60, "the checkpointer to rest")
        assert after.written > before.written
        assert after.is_complete(before)
        assert after.acknowledges(before)
        assert look_at(replica) is None, "who follows does not know"
        set_list(writer, "")
        wait_for(lambda: is_off_the_list(look_at(writer)), 60, "the list to be read")
        replica.crash()
        wait_for(lambda: _is_gone(look_at(writer)), 60, "the connection to end")


def _is_at_rest(seen: Look | None) -> bool:
    return seen is not None and seen.at_rest


def _is_gone(seen: Look | None) -> bool:
    return seen is not None and seen.region is None
