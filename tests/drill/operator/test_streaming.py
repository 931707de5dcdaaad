"""`replication: streaming` on real PostgreSQL: the other site streams, and follows where it cannot.

The segments are archived every 5 s here, so that what arrives sooner came by the stream.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest

from charts.manifests import synthesize
from drill.scenarios.scenario import STREAM_SECONDS, archive_bound
from drill.stream.delayed_reader import Distance
from drill.stream.region_path import RegionPath
from drill.waiting import wait_for
from host.postgres.stream import Stream, stream
from tests.drill.operator.hand_over import hand_over
from topology.load import load
from topology.site import SITES, SiteName
from topology.topology import Topology

pytestmark = pytest.mark.slow
RECEIVER = "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'"
STARTED = "SELECT pg_postmaster_start_time()"
ARCHIVE_TIMEOUT_SECONDS = 5
OVER_A_BAD_PATH = pytest.mark.parametrize(
    "distance",
    [Distance(seconds=0.25), Distance(seconds=0.0055, lost_share=0.05)],
    ids=["500 ms there and back", "5 % lost"],
)
HEARD_NOW = stream(announced="latest_end_lsn", heard_at="last_msg_receipt_time")


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


def all_is_here(site: Any) -> bool:
    found = site.value(HEARD_NOW)
    return found is not None and Stream(**found).is_close(newest_commit_age_seconds=None)


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
    wait_for(lambda: all_is_here(dr), 10, "a moment in which nothing is under way")
    assert primary.value(HEARD_NOW) is None, "a writer streams from nobody"


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


def test_the_mode_changes_in_both_directions_and_no_client_of_either_site_notices(
    streaming: Any,
) -> None:
    sites = streaming.values()
    started = [site.value(STARTED) for site in sites]
    writer = Client(streaming["primary"])

    for site in sites:
        site.apply("50", _follow_the_archive_alone)
    wait_for(lambda: streaming["dr"].value(RECEIVER) == 0, 30, "the end of the stream")
    writer.wait_for(writer.acknowledged + 50)
    for site in sites:
        site.apply("50")
    streams(streaming["dr"])
    writer.wait_for(writer.acknowledged + 50)  # by the one connection that it has
    writer.stop()

    count = "SELECT count(*) FROM acknowledged"
    wait_for(lambda: streaming["dr"].value(count) == writer.acknowledged, 60, "every row in DR")
    assert [site.value(STARTED) for site in sites] == started


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
    streaming: Any,
    quick_topology: Topology,
    paths: dict[str, RegionPath],
    record_property: Callable[[str, object], None],
) -> None:
    writer = Client(streaming["primary"])
    writer.wait_for(200)

    lost = lose(streaming, writer, to_dr(quick_topology, paths))

    record(lost, writer, record_property)
    assert lost.seconds <= STREAM_SECONDS


@OVER_A_BAD_PATH
def test_over_a_bad_path_writes_go_on_and_a_loss_costs_what_was_under_way(
    streaming: Any,
    quick_topology: Topology,
    paths: dict[str, RegionPath],
    distance: Distance,
    record_property: Callable[[str, object], None],
) -> None:
    path = to_dr(quick_topology, paths)
    path.distance = distance
    writer = Client(streaming["primary"])
    writer.wait_for(400)
    assert streaming["dr"].value(RECEIVER) == 1

    lost = lose(streaming, writer, path)

    record(lost, writer, record_property)
    assert lost.seconds <= STREAM_SECONDS


@pytest.mark.parametrize("flaps", [False, True], ids=["cut", "flapping"])
def test_without_a_path_writes_go_on_and_a_loss_costs_what_the_archive_promises(
    streaming: Any,
    quick_topology: Topology,
    paths: dict[str, RegionPath],
    flaps: bool,
    record_property: Callable[[str, object], None],
) -> None:
    path = to_dr(quick_topology, paths)
    writer = Client(streaming["primary"])
    writer.wait_for(100)

    path.cut()
    if flaps:
        for _ in range(3):
            time.sleep(1)
            path.heal()
            time.sleep(1)
            path.cut()
    writer.wait_for(writer.acknowledged + 400)
    time.sleep(2 * ARCHIVE_TIMEOUT_SECONDS)
    wait_for(lambda: streaming["dr"].value(RECEIVER) == 0, 60, "the end of the stream")
    lost = lose(streaming, writer, path)

    record(lost, writer, record_property)
    assert lost.seconds <= archive_bound(quick_topology)


@dataclass(frozen=True, kw_only=True)
class Lost:
    """Acknowledged writes that are not in DR after its promotion."""

    rows: int
    seconds: float
    """From the first of them to the last acknowledgement of all."""


def lose(sites: Any, writer: "Client", path: RegionPath) -> Lost:
    """Lose the writer's region, promote DR, and compare; whatever is there has no hole.

    What was under way is lost with it, which a real network would still deliver.
    """
    primary, dr = sites["primary"], sites["dr"]
    path.cut()
    primary.operator.kill()
    writer.stop()
    dr.patch_replica(primary=dr.cluster, source=primary.cluster)
    wait_for(lambda: dr.value("SELECT pg_is_in_recovery()") is False, 60, "the promotion")
    arrived = dr.value("SELECT coalesce(max(n), 0) FROM acknowledged")
    assert dr.value("SELECT count(*) FROM acknowledged") == arrived, "no hole"
    lost = [at for n, at in writer.at.items() if n > arrived]
    seconds = max(lost) - min(lost) if lost else 0.0
    return Lost(rows=len(lost), seconds=seconds)


def record(lost: Lost, writer: "Client", record_property: Callable[[str, object], None]) -> None:
    """For whoever reads the result: how far it was from the bound."""
    record_property("lost_rows", lost.rows)
    record_property("lost_seconds", round(lost.seconds, 4))
    record_property("acknowledged_rows", writer.acknowledged)
    record_property("longest_gap_seconds", round(writer.longest_gap_seconds, 3))


class Client:
    """Writes one row after another, and notes when each was acknowledged."""

    def __init__(self, site: Any) -> None:
        site.execute("CREATE TABLE acknowledged (n integer)")
        self.at: dict[int, float] = {}
        self._stopping = threading.Event()
        controller = site.operator.controller(site.cluster)
        self._where = {"host": str(controller.primary.sockets), "port": controller.primary.port}
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    @property
    def acknowledged(self) -> int:
        return len(self.at)

    @property
    def longest_gap_seconds(self) -> float:
        """Between two acknowledgements."""
        moments = list(self.at.values())
        return max((later - earlier for earlier, later in pairwise(moments)), default=0.0)

    def wait_for(self, count: int) -> None:
        """Until so many writes were acknowledged: writes go on."""
        wait_for(lambda: self.acknowledged >= count, 60, f"{count} acknowledged writes")

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
