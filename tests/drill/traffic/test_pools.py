"""Pools as docs/connect.md sets them up, on a real PostgreSQL; each that this machine has."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drill.operator.instance import Instance
from drill.operator.processes import POSTGRES_BIN, Processes
from drill.traffic.ledger import CREATE, Row
from drill.traffic.pooled import catalogue
from drill.traffic.pooled.application import Application, Pool, RowFailed
from drill.traffic.pooled.psycopg_program import RECONNECT_SECONDS, SETTINGS
from tests.waiting import eventually

CLUSTER = "postgres-ew1"
NAMES = ("psycopg-alias", "psycopg-both", "jdbc-alias", "jdbc-both", "pgbouncer-alias")
PAGE = Path("docs/connect.md")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Instance]:
    with Processes(tmp_path / "processes") as processes:
        instance = Instance(
            name="pools",
            directory=tmp_path / "server",
            sockets=tmp_path,
            environment={},
            processes=processes,
        )
        instance.begin()
        instance.run([str(POSTGRES_BIN / "initdb"), "-D", str(instance.pgdata), "-U", "postgres"])
        (instance.pgdata / "postgresql.conf").write_text(
            f"port = {instance.port}\nlisten_addresses = '127.0.0.1'\ncluster_name = '{CLUSTER}'\n"
            f"unix_socket_directories = '{instance.sockets}'\nfsync = off\n"
        )
        instance.start()
        instance.query(CREATE)
        yield instance
        instance.crash()


def _pool(name: str, port: int) -> Pool:
    def uri(hosts: str, ports: str) -> str:
        options = "sslmode=disable&target_session_attrs=read-write&connect_timeout=3"
        return f"postgresql://postgres@{hosts}/postgres?port={ports}&{options}"

    alias, both = uri("127.0.0.1", f"{port}"), uri("127.0.0.1,localhost", f"{port},{port}")
    return {each.name: each for each in catalogue.pools(alias, both, "none")}[name]


@pytest.fixture(params=NAMES)
def application(
    request: pytest.FixtureRequest, server: Instance, tmp_path: Path
) -> Iterator[Application]:
    if not request.param.startswith("psycopg") and catalogue.missing():
        pytest.skip(catalogue.missing())
    application = Application(_pool(request.param, server.port), tmp_path / "application")
    yield application
    application.close()


def _writes(application: Application, numbers: Iterator[int]) -> bool:
    try:
        return application.send(Row(run="pool", number=next(numbers))) == CLUSTER
    except RowFailed:
        assert application.alive
        return False


@pytest.mark.slow
def test_a_pool_writes_again_after_a_crash_and_never_keeps_a_server_that_follows(
    application: Application, server: Instance
) -> None:
    numbers = iter(range(1, 1_000_000))
    eventually(lambda: _writes(application, numbers))

    server.crash()
    assert not _writes(application, numbers)
    server.become_standby()
    server.start()
    assert not _writes(application, numbers)

    server.stop()
    (server.pgdata / "standby.signal").unlink()
    server.start()
    eventually(lambda: _writes(application, numbers))


def test_what_a_pool_was_not_promised_it_does_not_claim(server: Instance, tmp_path: Path) -> None:
    application = Application(_pool("psycopg-alias", server.port), tmp_path)
    row = Row(run="pool", number=1)
    application.send(row)

    with pytest.raises(RowFailed, match="duplicate key"):
        application.send(row)
    application.close()
    with pytest.raises((RowFailed, ValueError)):
        application.send(Row(run="pool", number=2))


def test_jdbc_is_told_the_same_hosts_and_asks_for_a_server_that_writes() -> None:
    url = catalogue.jdbc_url(
        "postgresql://u@a.aws,b.aws/app?port=5432,5433&sslmode=verify-full&sslrootcert=/ca.crt"
    )

    assert url.startswith("jdbc:postgresql://a.aws:5432,b.aws:5433/app?sslmode=verify-full&")
    assert "targetServerType=primary" in url
    assert url.endswith("sslrootcert=/ca.crt")


def test_the_page_has_every_setting_of_the_pools() -> None:
    """One table for people; the programs are what is tried."""
    page = PAGE.read_text(encoding="utf-8")
    for setting in ("connect_timeout", "tcp_user_timeout", "keepalives_idle"):
        assert f"{setting}={SETTINGS[setting]}" in page
    assert f"reconnect_timeout={RECONNECT_SECONDS}" in page
    ours = Path("drill/traffic/pooled/pgbouncer.ini").read_text(encoding="utf-8")
    lines = ours[ours.index("server_check_query") :].splitlines()
    assert [line for line in lines if line not in page] == []
    jdbc = catalogue.jdbc_url("postgresql://u@a/app?port=5432&sslmode=require").partition("?")[2]
    wanted = [each for each in jdbc.split("&") if "imeout" in each or "Server" in each]
    assert [each for each in wanted if each not in page] == []
