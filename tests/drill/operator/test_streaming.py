"""`replication: streaming` on real PostgreSQL: the other site streams, and follows where it cannot.

The segments are archived every 5 s here, so that what arrives sooner came by the stream.
"""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from charts.manifests import synthesize
from drill.stream.region_path import RegionPath
from drill.waiting import wait_for
from host.postgres.stream import STREAM, Stream
from tests.drill.operator.hand_over import hand_over
from topology.load import load
from topology.site import SITES, SiteName
from topology.topology import Topology

pytestmark = pytest.mark.slow
RECEIVER = "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'"
ARCHIVE_TIMEOUT_SECONDS = 5


@pytest.fixture(scope="session")
def quick_topology() -> Topology:
    """The default system that streams, with WAL archived every five seconds."""
    topology = load(Path("config/default.yaml"))
    parameters = {**topology.database.parameters, "archive_timeout": f"{ARCHIVE_TIMEOUT_SECONDS}s"}
    parameters["wal_retrieve_retry_interval"] = "1s"
    database = topology.database.model_copy(
        update={"archive_timeout_seconds": ARCHIVE_TIMEOUT_SECONDS, "parameters": parameters}
    )
    return topology.model_copy(update={"database": database, "replication": "streaming"})


@pytest.fixture(scope="session")
def manifests(
    quick_topology: Topology, tmp_path_factory: pytest.TempPathFactory
) -> dict[SiteName, Path]:
    folder = tmp_path_factory.mktemp("streaming")
    for site in SITES:
        synthesize(quick_topology, site, folder / site)
    return {site: folder / site for site in SITES}


@pytest.fixture
def delay_seconds() -> float:
    """One way, between the regions; Dublin and London are about 11 ms apart and back."""
    return 0.0055


@pytest.fixture
def paths(
    request: pytest.FixtureRequest, quick_topology: Topology, delay_seconds: float
) -> Iterator[dict[str, RegionPath]]:
    """A way to each site's load balancer."""

    def balancer(site: SiteName) -> Callable[[], int | None]:
        def port() -> int | None:
            controller = made[site].operator.controller(made[site].cluster)
            return controller.service.port if controller and controller.service else None

        return port

    made: dict[SiteName, Any] = {}
    laid = {
        quick_topology.names.site_host(site): RegionPath(
            balancer(site), delay_seconds=delay_seconds
        )
        for site in SITES
    }
    request.node.stash[_MADE] = made
    yield laid
    for path in laid.values():
        path.close()


_MADE = pytest.StashKey[dict[SiteName, Any]]()


@pytest.fixture
def streaming(request: pytest.FixtureRequest, sites: Any) -> Any:
    """Both sites up, DR streaming from the primary."""
    request.node.stash[_MADE].update(sites)
    primary, dr = sites["primary"], sites["dr"]
    for name in ("50", "60"):
        primary.apply(name)
    primary.wait_until_healthy()
    assert primary.wait_for_backup()["phase"] == "completed"
    dr.apply("50")
    dr.wait_until_healthy()
    streams(dr)
    return sites


def streams(site: Any, within_seconds: float = 30) -> None:
    wait_for(lambda: site.value(RECEIVER) == 1, within_seconds, f"{site.cluster} to stream")


def to_dr(topology: Topology, paths: dict[str, RegionPath]) -> RegionPath:
    """The way that DR streams over."""
    return paths[topology.names.site_host("primary")]


def test_a_row_arrives_before_its_segment_is_archived_and_the_replica_says_so(
    streaming: Any, record_property: Callable[[str, object], None]
) -> None:
    primary, dr = streaming["primary"], streaming["dr"]
    primary.execute("CREATE TABLE kept (n integer)")
    wait_for(lambda: dr.value("SELECT count(*) FROM kept") == 0, 30, "the table in DR")
    archived = primary.value("SELECT last_archived_wal FROM pg_stat_archiver")

    began = time.monotonic()
    primary.execute("INSERT INTO kept VALUES (1)")
    wait_for(lambda: dr.value("SELECT count(*) FROM kept") == 1, 30, "the row in DR")

    record_property("arrived_after_seconds", round(time.monotonic() - began, 3))
    segment = primary.value("SELECT pg_walfile_name(pg_current_wal_lsn())")
    assert archived < segment, "what holds the row had not left the writer's disk"
    told = Stream(**dr.value(STREAM))
    assert told.is_close
    assert told.complete_age_seconds is not None
    assert primary.value(STREAM) is None, "a writer streams from nobody"


def test_the_archive_carries_on_while_the_path_is_cut_and_the_stream_comes_back(
    streaming: Any, quick_topology: Topology, paths: dict[str, RegionPath]
) -> None:
    primary, dr = streaming["primary"], streaming["dr"]
    path = to_dr(quick_topology, paths)
    primary.execute("CREATE TABLE kept (n integer)")

    path.cut()
    wait_for(lambda: dr.value(RECEIVER) == 0, 30, "the end of the stream")
    primary.execute("INSERT INTO kept VALUES (1)")
    wait_for(lambda: dr.value("SELECT count(*) FROM kept") == 1, 60, "the row by the archive")
    assert dr.value(RECEIVER) == 0

    path.heal()
    streams(dr)
    primary.execute("INSERT INTO kept VALUES (2)")
    wait_for(lambda: dr.value("SELECT count(*) FROM kept") == 2, 30, "the row by the stream")


def test_a_path_that_flaps_makes_no_hole(
    streaming: Any, quick_topology: Topology, paths: dict[str, RegionPath]
) -> None:
    primary, dr = streaming["primary"], streaming["dr"]
    path = to_dr(quick_topology, paths)
    primary.execute("CREATE TABLE acknowledged (n integer)")
    writer = Client(primary)

    for _ in range(4):
        path.cut()
        time.sleep(1)
        path.heal()
        time.sleep(1)
    writer.stop()

    written = writer.acknowledged
    wait_for(lambda: dr.value("SELECT count(*) FROM acknowledged") == written, 60, "every row")
    assert dr.value("SELECT max(n) FROM acknowledged") == written


def test_the_mode_changes_in_both_directions_without_a_restart(streaming: Any) -> None:
    dr = streaming["dr"]
    started = dr.value("SELECT pg_postmaster_start_time()")

    dr.apply("50", _follow_the_archive_alone)
    wait_for(lambda: dr.value(RECEIVER) == 0, 30, "the end of the stream")
    dr.apply("50")
    streams(dr)

    assert dr.value("SELECT pg_postmaster_start_time()") == started


def _follow_the_archive_alone(item: Any) -> None:
    if item["kind"] == "Cluster":
        item["spec"]["externalClusters"] = [
            {"name": each["name"], "plugin": each["plugin"]}
            for each in item["spec"]["externalClusters"]
        ]


def test_a_handover_turns_the_stream_around(streaming: Any) -> None:
    giver, taker = streaming["primary"], streaming["dr"]
    giver.execute("CREATE TABLE kept AS SELECT generate_series(1, 10) AS n")

    hand_over(giver, taker)

    streams(giver, 60)
    taker.execute("INSERT INTO kept VALUES (11)")
    wait_for(lambda: giver.value("SELECT count(*) FROM kept") == 11, 30, "the row on its way back")


@pytest.mark.parametrize("delay_seconds", [0.0055, 0.040], ids=["11 ms", "80 ms"])
def test_the_loss_of_the_region_costs_less_than_a_second_of_acknowledged_writes(
    streaming: Any, record_property: Callable[[str, object], None]
) -> None:
    primary, dr = streaming["primary"], streaming["dr"]
    primary.execute("CREATE TABLE acknowledged (n integer, at timestamptz DEFAULT now())")
    writer = Client(primary)
    wait_for(lambda: writer.acknowledged >= 200, 60, "200 acknowledged writes")

    primary.operator.kill()
    writer.stop()
    dr.patch_replica(primary=dr.cluster, source=primary.cluster)
    wait_for(lambda: dr.value("SELECT pg_is_in_recovery()") is False, 60, "the promotion")

    arrived = dr.value("SELECT max(n) FROM acknowledged")
    lost = {n: at for n, at in writer.at.items() if n > arrived}
    seconds = max(lost.values()) - min(lost.values()) if lost else 0.0
    record_property("lost_rows", len(lost))
    record_property("lost_seconds", round(seconds, 4))
    record_property("acknowledged_rows", writer.acknowledged)
    assert dr.value("SELECT count(*) FROM acknowledged") == arrived, "no hole"
    assert seconds <= 1.0


class Client:
    """Writes one row after another, and notes when each was acknowledged."""

    def __init__(self, site: Any) -> None:
        self.at: dict[int, float] = {}
        self._stopping = threading.Event()
        controller = site.operator.controller(site.cluster)
        self._where = {"host": str(controller.primary.sockets), "port": controller.primary.port}
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    @property
    def acknowledged(self) -> int:
        return len(self.at)

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=30)

    def _write(self) -> None:
        try:
            with psycopg.connect(
                **self._where, user="postgres", dbname="app_db", autocommit=True
            ) as connection:
                for n in range(1, 1_000_000):
                    if self._stopping.is_set():
                        return
                    connection.execute("INSERT INTO acknowledged (n) VALUES (%s)", (n,))
                    self.at[n] = time.monotonic()
        except psycopg.OperationalError:
            return  # the region is lost
