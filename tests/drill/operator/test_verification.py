"""A verification on real PostgreSQL: two copies of one moment are equal while rows keep coming."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from drill.sites.packet_filter import PacketFilter
from drill.waiting import wait_for
from host.bundle.site_document import SiteDocument
from host.kubernetes import site_cluster
from host.kubernetes.kubectl import Kubectl
from host.machine.machine import Machine
from host.machine.rooted_files import RootedFiles
from host.machine.system_clock import SystemClock
from host.site import Site
from host.verification.choice import choose
from host.verification.dump_restore import find_template
from host.verification.verification import Verification
from stacks.site_document import site_document
from tests.drill.operator.conftest import ACCOUNT, SiteUnderTest
from tests.host.site.edges import FixedImds
from tests.host.site.server_shell import ServerShell
from tests.waiting import eventually
from topology.topology import Topology

pytestmark = pytest.mark.slow


class ShortClock(SystemClock):
    """Does not wait for minutes: here WAL is switched and archived at once."""

    def sleep(self, seconds: float) -> None:
        super().sleep(min(seconds, 10))


class OneAws:
    """Every service of every region at the one endpoint."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def client(self, service: str, region: str | None = None, *, brief: bool = False) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._endpoint,
            region_name=region or "us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def anybody(self, service: str) -> Any:
        return self.client(service)


@pytest.fixture
def writer(sites: Any) -> SiteUnderTest:
    """The primary site with one instance, a table, and a base backup."""

    def alone(item: Any) -> None:
        if item["kind"] == "Cluster":
            item["spec"]["instances"] = 1
            del item["spec"]["postgresql"]["synchronous"]

    site: SiteUnderTest = sites["primary"]
    site.apply("50", alone)
    site.wait_until_healthy()
    site.execute("create table kept (n bigserial primary key, at timestamptz default now())")
    site.execute("create table quiet as select n from generate_series(1, 500) n")
    site.execute("grant select on all tables in schema public to dump_user")
    site.apply("60")
    assert site.wait_for_backup()["phase"] == "completed"
    for file in ("61", "62"):
        site.apply(file)
    return site


@pytest.fixture
def host(
    writer: SiteUnderTest,
    s3_endpoint: str,
    quick_topology: Topology,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Site:
    """The host program on the server of that site."""
    monkeypatch.setenv("PGTWIN_KUBECTL", "kubectl")
    text = json.dumps(site_document(quick_topology, "primary"))
    shell, clock = ServerShell(writer.api, PacketFilter(tmp_path)), ShortClock()
    machine = Machine(
        shell=shell,
        files=RootedFiles(str(tmp_path)),
        clock=clock,
        imds=FixedImds(region="eu-west-1", tags={"pgtwin:node": "server-1"}),
        web=None,  # type: ignore[arg-type]
        aws=OneAws(s3_endpoint),
    )
    return Site(
        document=SiteDocument.parse(text.replace("__ACCOUNT_ID__", ACCOUNT)),
        bundle=None,  # type: ignore[arg-type]
        machine=machine,
        kubectl=Kubectl(shell, clock),
    )


def wait_for_rows(site: SiteUnderTest) -> None:
    """Wait until some more were written."""
    before = site.value("select max(n) from kept") or 0
    eventually(lambda: (site.value("select max(n) from kept") or 0) > before + 20)


@contextmanager
def writing(site: SiteUnderTest) -> Iterator[None]:
    """Rows keep coming, and some of them change and go."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.02):
            site.execute("insert into kept default values")
            site.execute("update kept set at = clock_timestamp() where n % 7 = 0")
            site.execute("delete from kept where n = (select min(n) from kept where n % 5 = 0)")

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def dump(site: SiteUnderTest) -> None:
    template = site.api.get("CronJob", "dump")
    assert template is not None
    name = f"dump-{time.monotonic_ns()}"
    site.api.create(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": name, "namespace": "postgres"},
            "spec": template["spec"]["jobTemplate"]["spec"],
        }
    )

    def ended() -> bool:
        found = site.api.get("Job", name) or {}
        conditions = found.get("status", {}).get("conditions", [])
        assert not [each for each in conditions if each["type"] == "Failed"], conditions
        return bool(conditions)

    wait_for(ended, 120, "the dump to end")


def verified(host: Site, *, lsn: str | None = None) -> dict[str, Any]:
    """The evidence; the archive is restored to the dump's moment, or to `lsn`."""
    live = site_cluster.require(host.kubectl, host.document)
    choice = choose(host, live.server_name)
    if lsn and choice.snapshot:
        choice = replace(choice, snapshot=replace(choice.snapshot, lsn=lsn))
    template = find_template(host)
    return Verification(host, live=live, choice=choice, machine="server-1", template=template).run()


def test_archive_and_dump_of_one_moment_are_equal_while_rows_keep_coming(
    writer: SiteUnderTest, host: Site
) -> None:
    with writing(writer):
        wait_for_rows(writer)
        dump(writer)
        wait_for_rows(writer)
    writer.execute("select pg_switch_wal()")

    found = verified(host)

    assert found["passed"], found["checks"]
    kept = {each["table"]: each for each in found["tables"]}["public.kept"]
    assert kept["archive"] == kept["dump"]
    assert 0 < kept["dump"]["rows"] < writer.value("select max(n) from kept")
    assert [each["metadata"]["name"] for each in writer.api.list("Cluster")] == [writer.cluster]
    assert not [
        each["metadata"]["name"]
        for each in writer.api.list("PersistentVolumeClaim")
        if not each["metadata"]["name"].startswith(writer.cluster)
    ]


def test_a_row_that_only_one_copy_has_is_found(writer: SiteUnderTest, host: Site) -> None:
    dump(writer)
    writer.execute("delete from quiet where n = 250")
    writer.execute("select pg_switch_wal()")
    later = writer.value("select pg_current_wal_lsn()::text")
    writer.execute("insert into kept default values")
    writer.execute("select pg_switch_wal()")

    found = verified(host, lsn=later)

    (rows,) = [each for each in found["checks"] if each["check"] == "rows"]
    assert not rows["passed"]
    assert rows["result"].endswith("differ in: public.quiet")


def test_a_dump_that_cannot_be_restored_says_why_and_leaves_nothing(
    writer: SiteUnderTest, host: Site
) -> None:
    for statement in (
        "create function is_ok(n int) returns bool immutable language sql return n > 0",
        "create function wrapper(n int) returns bool immutable language plpgsql "
        "as 'begin return is_ok(n); end'",
        "create table checked (n int check (wrapper(n)))",
        "insert into checked values (1)",
        "grant select on checked to dump_user",
    ):
        writer.execute(statement)
    dump(writer)
    writer.execute("select pg_switch_wal()")

    found = verified(host)

    checks = {each["check"]: each for each in found["checks"]}
    assert not found["passed"]
    assert checks["dump"]["verdict"] == "could not look"
    assert "function is_ok(integer) does not exist" in checks["dump"]["result"]
    assert checks["base backup"]["passed"]
    assert checks["throw-away deleted"]["passed"]
    assert [each["metadata"]["name"] for each in writer.api.list("Cluster")] == [writer.cluster]
