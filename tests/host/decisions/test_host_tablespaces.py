"""A tablespace outside PGDATA, of which only the writer has the folder, on PostgreSQL 18."""

from contextlib import suppress

import pytest

from drill.operator.instance import InstanceDied
from drill.waiting import wait_for
from tests.host.decisions.servers import look_at, servers


def test_a_tablespace_in_a_folder_of_its_own_stops_a_standby_and_is_named(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("tablespaces")
    place = folder / "far"
    place.mkdir()
    in_place = {"allow_in_place_tablespaces": "on"}
    with servers(folder, "site-1", "site-2", **in_place) as (writer, standby):
        writer.query("CREATE TABLESPACE near LOCATION ''")
        assert look_at(writer).standbys.tablespaces == ()
        standby.crash()

        writer.query(f"CREATE TABLESPACE far LOCATION '{place}'")

        assert look_at(writer).standbys.tablespaces == (f"far in {place}",)
        away = place.rename(folder / "on-the-writers-volume")
        with suppress(InstanceDied):
            standby.start()
        missing = f'directory "{place}" does not exist'
        wait_for(lambda: missing in standby.log_tail(50), 60, "the standby to miss the folder")
        wait_for(lambda: not standby.running, 60, "the end of the standby")
        away.rename(place)
        standby.start()
