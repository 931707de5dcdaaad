"""`replication: synchronous` on real PostgreSQL, kept by the host program's own guard.

The guard's rounds are those of `pgtwin-host hold`, more often than on a server. Each test begins
degraded, as every new writer does.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, get_args

import psycopg
import pytest

from charts.manifests import synthesize
from drill.sites.packet_filter import PacketFilter
from drill.stream.delayed_reader import Distance
from drill.stream.region_path import RegionPath
from drill.waiting import wait_for
from host.bundle.site_document import SiteDocument
from host.kubernetes.cluster import DEGRADED_SINCE
from host.kubernetes.kubectl import Kubectl
from host.machine.machine import Machine
from host.machine.rooted_files import RootedFiles
from host.machine.system_clock import SystemClock
from host.site import Site
from host.verbs import hold
from host.writer.region_guard import RELOADED_SECONDS, SILENT_SECONDS
from host.writer.region_keeper import RegionKeeper
from host.writer.standby_list import names_outside, to_apply
from stacks.site_document import site_document
from tests.drill.operator.conftest import ACCOUNT
from tests.drill.operator.test_streaming import (
    OVER_A_BAD_PATH,
    RECEIVER,
    STARTED,
    Client,
    Lost,
    lose,
    record,
    streams,
    to_dr,
)
from tests.drill.operator.test_verification import OneAws
from tests.host.site.edges import FixedImds
from tests.host.site.server_shell import ServerShell
from topology.load import load
from topology.site import SITES, SiteName
from topology.topology import Replication, Topology

pytestmark = pytest.mark.slow
ROUND_SECONDS = 0.5
RPO_SECONDS = 25
"""The guard's own times are for rounds of 5 s: it holds 10 s before these are used up."""
PROOF_SECONDS = 300
ARRIVED = "SELECT coalesce(max(n), 0) FROM acknowledged"
SAYS = "SELECT sync_state FROM pg_stat_replication WHERE application_name = 'site-dr'"
LIST = "SHOW synchronous_standby_names"
PENDING = "SELECT count(*) FROM pg_settings WHERE pending_restart"
MODES: tuple[Replication, ...] = get_args(Replication)
ROUND_TRIP: tuple[Replication, ...] = (
    *("archive", "streaming", "synchronous"),
    *("streaming", "archive", "synchronous"),
)
"""Every change of one mode into another, from synchronous on."""


@pytest.fixture(scope="session")
def quick_topology() -> Topology:
    """Sites of one instance; nothing reaches the other one by the archive meanwhile."""
    topology = load(Path("config/default.yaml"))
    parameters = {**topology.database.parameters, "archive_timeout": "600s"}
    parameters["wal_retrieve_retry_interval"] = "1s"
    database = topology.database.model_copy(update={"parameters": parameters})
    changed: dict[str, Any] = {"database": database, "replication": "synchronous", "rpo": "0"}
    for name, site in topology.sites():
        changed[name] = site.model_copy(update={"instances": 1})
    return topology.model_copy(update=changed)


@pytest.fixture(scope="session")
def manifests(
    quick_topology: Topology, tmp_path_factory: pytest.TempPathFactory
) -> dict[SiteName, Path]:
    folder = tmp_path_factory.mktemp("synchronous")
    for site in SITES:
        synthesize(quick_topology, site, folder / site)
    return {site: folder / site for site in SITES}


@pytest.fixture
def paths(quick_topology: Topology) -> Iterator[dict[str, RegionPath]]:
    """The way to the primary's load balancer, once that is there."""
    leads_to: list[Callable[[], int | None]] = []
    path = RegionPath(lambda: leads_to[0]() if leads_to else None, delay_seconds=0.0055)
    path.leads_to_now = leads_to  # type: ignore[attr-defined]
    yield {quick_topology.names.site_host("primary"): path}
    path.close()


class Guard:
    """`pgtwin-host hold --watch` on the server of the site that writes."""

    def __init__(self, site: Site) -> None:
        self.steps: list[tuple[float, str]] = []
        self._site = site
        self._keeper = RegionKeeper()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def promise(self, rpo_seconds: int) -> None:
        """Another promise is deployed."""
        self.deploy(rpo_seconds=rpo_seconds)

    def deploy(self, **document: Any) -> None:
        """Another bundle is current: a new run of the verb, which goes by that."""
        self._site = replace(self._site, document=replace(self._site.document, **document))
        self._keeper = RegionKeeper()

    def did(self, step: str) -> float | None:
        """Before which moment it had not done that for the last time."""
        return next((at for at, done in reversed(self.steps) if done == step), None)

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(30)

    def _watch(self) -> None:
        while not self._stopping.wait(ROUND_SECONDS):
            began = time.monotonic()
            step = hold.hold(self._site, self._keeper)
            if step != "hold":
                self.steps.append((began, step))


@pytest.fixture
def guard(
    sites: Any,
    paths: dict[str, RegionPath],
    s3_endpoint: str,
    quick_topology: Topology,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Guard]:
    """Both sites up, DR streaming from the primary, and the first promise verified."""
    primary, dr = sites["primary"], sites["dr"]
    _lead(to_dr(quick_topology, paths), primary)
    for name in ("50", "60"):
        primary.apply(name, _without_the_other_region)
    primary.wait_until_healthy(300)
    assert primary.wait_for_backup(300)["phase"] == "completed"
    dr.apply("50", _without_the_other_region)
    dr.wait_until_healthy(300)
    streams(dr, 120)
    monkeypatch.setenv("PGTWIN_KUBECTL", "kubectl")
    running = Guard(_host(sites["primary"], quick_topology, s3_endpoint, tmp_path))
    yield running
    running.stop()


def _lead(path: Any, site: Any) -> None:
    def port() -> int | None:
        controller = site.operator.controller(site.cluster)
        return controller.service.port if controller and controller.service else None

    path.leads_to_now.append(port)


def _without_the_other_region(item: Any) -> None:
    """As the host program applies a Cluster that is new."""
    if item["kind"] == "Cluster":
        postgresql = item["spec"]["postgresql"]
        wanted = to_apply(postgresql.pop("synchronous"), None)
        postgresql.update({"synchronous": wanted} if wanted else {})


def _host(writer: Any, topology: Topology, endpoint: str, root: Path) -> Site:
    shell, clock = ServerShell(writer.api, PacketFilter(root)), SystemClock()
    text = json.dumps(site_document(topology, "primary")).replace("__ACCOUNT_ID__", ACCOUNT)
    machine = Machine(
        shell=shell,
        files=RootedFiles(str(root)),
        clock=clock,
        imds=FixedImds(region="eu-west-1", tags={"pgtwin:node": "server-1"}),
        web=None,  # type: ignore[arg-type]
        aws=OneAws(endpoint),
    )
    return Site(
        document=SiteDocument.parse(text),
        bundle=None,  # type: ignore[arg-type]
        machine=machine,
        kubectl=Kubectl(shell, clock),
    )


def note(site: Any) -> str | None:
    """Since when the site is degraded."""
    annotations = site.api.get("Cluster", site.cluster)["metadata"].get("annotations", {})
    found: str | None = annotations.get(DEGRADED_SINCE)
    return found


def named(site: Any) -> bool:
    """Whether the Cluster asks for the other region."""
    spec = site.api.get("Cluster", site.cluster)["spec"]
    return bool(names_outside(spec["postgresql"].get("synchronous")))


def kept(site: Any) -> bool:
    """By PostgreSQL's own word, and then by the note."""
    return site.value(SAYS) == "sync" and note(site) is None


def verified(site: Any) -> None:
    """Wait for it. Seldom asked: a guard that gets no processor time verifies nothing."""
    wait_for(lambda: kept(site), PROOF_SECONDS, f"{site.cluster} to keep its promise", every=1.0)


def test_commits_wait_for_a_region_that_is_away_and_nothing_that_returned_is_missing_there(
    sites: Any, guard: Guard, quick_topology: Topology, paths: dict[str, RegionPath]
) -> None:
    primary, dr = sites["primary"], sites["dr"]
    verified(primary)
    assert guard.steps[0][1] == "write down", "a new writer begins degraded"
    assert primary.value(LIST) == 'FIRST 1 ("site-dr")'
    writer = Client(primary)
    writer.wait_for(50)
    assert dr.value("SELECT pg_last_wal_receive_lsn() IS NOT NULL")

    to_dr(quick_topology, paths).cut()
    wait_for(lambda: dr.value(RECEIVER) == 0, 60, "the end of the stream")
    acknowledged = writer.acknowledged
    time.sleep(2 * SILENT_SECONDS)

    assert writer.acknowledged <= acknowledged + 1, "commits wait"
    assert note(primary) is None, "and so nothing is degraded"
    wait_for(lambda: dr.value(ARRIVED) >= writer.acknowledged, 60, "whatever returned, in DR")

    to_dr(quick_topology, paths).heal()
    writer.wait_for(acknowledged + 50)
    verified(primary)
    writer.stop()
    assert [step for _, step in guard.steps].count("let go") == 0


def test_commits_go_on_without_a_silent_region_for_no_longer_than_rpo_and_that_is_noted_before(
    sites: Any, guard: Guard, quick_topology: Topology, paths: dict[str, RegionPath]
) -> None:
    primary, dr = sites["primary"], sites["dr"]
    verified(primary)
    guard.promise(RPO_SECONDS)
    writer = Client(primary)
    writer.wait_for(50)

    cut_at = time.monotonic()
    to_dr(quick_topology, paths).cut()
    wait_for(lambda: note(primary) is not None, 120, "the note")
    since = datetime.fromisoformat(str(note(primary)))
    wait_for(lambda: not named(primary), 120, "the other region off the list")
    writer.wait_for(writer.acknowledged + 20)

    noted, let_go = guard.did("write down"), guard.did("let go")
    assert noted is not None
    assert let_go is not None
    assert noted < let_go
    assert let_go - cut_at >= SILENT_SECONDS, "a region that answered just now is waited for"
    assert primary.value(LIST) == ""
    returned = sum(at < let_go for at in writer.at.values())
    missing = writer.acknowledged
    wait_for(lambda: dr.value(ARRIVED) >= returned, 60, "whatever returned before")
    assert dr.value(ARRIVED) < missing, "what returned since is on this site alone"
    assert datetime.fromisoformat(str(note(primary))) == since, "once, while it is degraded"

    wait_for(lambda: named(primary), 120, "commits to be held again, and the region is away")
    wait_for(lambda: primary.value(LIST) != "", 60, "PostgreSQL to read that")
    held = guard.did("put back")
    assert held is not None
    last = max(at for at in writer.at.values())
    time.sleep(SILENT_SECONDS)
    assert max(writer.at.values()) <= last + RELOADED_SECONDS, "commits wait"
    without = [at for at in writer.at.values() if at >= let_go]
    assert max(without) - min(without) <= RPO_SECONDS, "more is missing than rpo allows"

    to_dr(quick_topology, paths).heal()
    verified(primary)
    assert dr.value("SELECT count(*) FROM acknowledged") >= missing
    writer.stop()

    steps = [step for _, step in guard.steps]
    assert steps[-4:] == ["write down", "let go", "put back", "clear"]


def test_a_region_that_is_back_in_time_is_put_back_once_it_has_everything(
    sites: Any, guard: Guard, quick_topology: Topology, paths: dict[str, RegionPath]
) -> None:
    primary, dr = sites["primary"], sites["dr"]
    verified(primary)
    guard.promise(3600)
    writer = Client(primary)
    writer.wait_for(50)
    to_dr(quick_topology, paths).cut()
    wait_for(lambda: not named(primary), 120, "the other region off the list")
    writer.wait_for(writer.acknowledged + 20)
    missing = writer.acknowledged

    to_dr(quick_topology, paths).heal()
    wait_for(lambda: named(primary), 120, "the region on the list again")
    verified(primary)
    assert dr.value("SELECT count(*) FROM acknowledged") >= missing
    writer.stop()

    put_back, cleared = guard.did("put back"), guard.did("clear")
    assert put_back is not None
    assert cleared is not None
    assert cleared - put_back >= RELOADED_SECONDS, "PostgreSQL's processes read the list first"


def test_a_commit_returns_only_when_the_other_region_has_it_on_its_disk(
    sites: Any, guard: Guard, quick_topology: Topology, paths: dict[str, RegionPath]
) -> None:
    primary, dr = sites["primary"], sites["dr"]
    verified(primary)
    flushed = "SELECT pg_wal_lsn_diff(flushed_lsn, %s) FROM pg_stat_wal_receiver"
    with _connected(primary) as client:
        client.execute("CREATE TABLE kept (n integer)")
        for number in range(20):
            client.execute("INSERT INTO kept VALUES (%s)", (number,))
            row = client.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
            assert row is not None
            there = dr.value(flushed.replace("%s", f"'{row[0]}'::pg_lsn"))
            assert there is not None
            assert there >= 0


@OVER_A_BAD_PATH
def test_over_a_bad_path_commits_go_on_and_a_loss_of_the_region_costs_none(
    sites: Any,
    guard: Guard,
    quick_topology: Topology,
    paths: dict[str, RegionPath],
    distance: Distance,
    record_property: Callable[[str, object], None],
) -> None:
    verified(sites["primary"])
    path = to_dr(quick_topology, paths)
    path.distance = distance
    writer = Client(sites["primary"])
    writer.wait_for(40)

    lost = lose(sites, writer, path)

    record(lost, writer, record_property)
    _nothing_is_lost(lost, guard)


def test_over_a_path_that_flaps_a_loss_of_the_region_costs_no_acknowledged_row(
    sites: Any,
    guard: Guard,
    quick_topology: Topology,
    paths: dict[str, RegionPath],
    record_property: Callable[[str, object], None],
) -> None:
    verified(sites["primary"])
    path = to_dr(quick_topology, paths)
    writer = Client(sites["primary"])
    for _ in range(4):
        writer.wait_for(writer.acknowledged + 20)  # commits go on where the path is back
        path.cut()
        time.sleep(1)
        path.heal()

    writer.wait_for(writer.acknowledged + 20)
    lost = lose(sites, writer, path)

    record(lost, writer, record_property)
    _nothing_is_lost(lost, guard)


def _nothing_is_lost(lost: Lost, guard: Guard) -> None:
    """Not a row, and commits waited the whole time."""
    assert lost.rows == 0
    assert not [step for _, step in guard.steps if step == "let go"]


def test_the_mode_of_a_running_system_changes_in_every_direction_and_no_client_notices(
    sites: Any,
    guard: Guard,
    quick_topology: Topology,
    tmp_path: Path,
) -> None:
    """What a new bundle brings: `apply` of both Clusters first, then the guard's next run."""
    primary, dr = sites["primary"], sites["dr"]
    of_mode = {
        mode: _with_manifests(quick_topology, mode, sites, tmp_path / mode) for mode in MODES
    }
    verified(primary)
    started = [site.value(STARTED) for site in sites.values()]
    writer = Client(primary)
    with _connected(dr) as reader:
        for mode in ROUND_TRIP:
            for site in of_mode[mode].values():
                site.apply("50", partial(_as_apply_does, site))
            guard.deploy(replication=mode, rpo_seconds=None)

            if mode == "archive":
                wait_for(lambda: dr.value(RECEIVER) == 0, 120, "the end of the stream")
            else:
                streams(dr, 120)
            if mode == "synchronous":
                verified(primary)
            else:
                wait_for(lambda: primary.value(LIST) == "", 120, "nobody to be waited for")
                assert note(primary) is None, "nothing is promised, so nothing is degraded"
            writer.wait_for(writer.acknowledged + 20)  # by the one connection that it has
            assert reader.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
    writer.stop()

    count = "SELECT count(*) FROM acknowledged"
    wait_for(lambda: dr.value(count) == writer.acknowledged, 60, "every row in DR")
    assert [site.value(STARTED) for site in sites.values()] == started
    assert [site.value(PENDING) for site in sites.values()] == [0, 0]


def _with_manifests(topology: Topology, mode: Replication, sites: Any, folder: Path) -> Any:
    """Both sites, with the manifests of another mode."""
    rpo = "0" if mode == "synchronous" else None
    changed = topology.model_copy(update={"replication": mode, "rpo": rpo})
    for site in SITES:
        synthesize(changed, site, folder / site)
    return {site: replace(sites[site], manifests=folder / site) for site in SITES}


def _as_apply_does(site: Any, item: Any) -> None:
    """The list that the host program sends, with the other region where that is on it."""
    if item["kind"] == "Cluster":
        live = site.api.get("Cluster", site.cluster)["spec"]["postgresql"].get("synchronous")
        wanted = to_apply(item["spec"]["postgresql"].pop("synchronous", None), live)
        item["spec"]["postgresql"].update({"synchronous": wanted} if wanted else {})


def _connected(site: Any) -> psycopg.Connection[Any]:
    leading = site.operator.controller(site.cluster).primary
    return psycopg.connect(
        host=str(leading.sockets),
        port=leading.port,
        user="postgres",
        dbname="app_db",
        autocommit=True,
    )
