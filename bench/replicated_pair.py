"""A writer and a follower of real PostgreSQL, which gets the WAL in one way or another."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from drill.operator.instance import Instance
from drill.operator.processes import POSTGRES_BIN, Processes
from drill.replication_mode import DISTANCE_SECONDS, FAR_SECONDS
from drill.stream.delayed_reader import Distance
from drill.stream.region_path import RegionPath
from drill.waiting import wait_for

CLIENTS = 8
FOLLOWER = "follower"
FOLLOWS_SECONDS = 300.0
_PGBENCH = str(POSTGRES_BIN / "pgbench")
_RECEIVES = "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'"


@dataclass(frozen=True, kw_only=True)
class Way:
    """How the follower gets the WAL, and whether a commit waits for it."""

    name: str
    distance_seconds: float | None = None
    """None for the archive."""
    waits: bool = False


ARCHIVE = Way(name="archive")
WAYS = (
    ARCHIVE,
    Way(name="streaming, 11 ms", distance_seconds=DISTANCE_SECONDS),
    Way(name="streaming, 80 ms", distance_seconds=FAR_SECONDS),
    Way(name="synchronous, 11 ms", distance_seconds=DISTANCE_SECONDS, waits=True),
    Way(name="synchronous, 80 ms", distance_seconds=FAR_SECONDS, waits=True),
)


class Pair:
    """A writer and its follower."""

    def __init__(self, writer: Instance, follower: Instance, path: RegionPath) -> None:
        self._writer = writer
        self._follower = follower
        self._path = path

    def follow(self, way: Way) -> None:
        """Let the follower follow in this way, from a checkpoint on."""
        self._wait(waits=False)
        self._set(self._follower, primary_conninfo="")
        if way.distance_seconds is not None:
            self._path.distance = Distance(seconds=way.distance_seconds / 2)
            there = f"host=127.0.0.1 port={self._path.port} user=postgres"
            self._set(self._follower, primary_conninfo=f"{there} application_name={FOLLOWER}")
        streams = int(way.distance_seconds is not None)
        wait_for(
            lambda: self._follower.value(_RECEIVES) == streams,
            FOLLOWS_SECONDS,
            f"to follow by {way.name}",
        )
        self._wait(waits=way.waits)
        self._writer.query("CHECKPOINT")

    def write(self, seconds: int) -> Sequence[float]:
        """Let pgbench write for a time; the latency of each transaction, in milliseconds."""
        prefix = self._writer.directory / "latency"
        arguments = ("--time", str(seconds), "--client", str(CLIENTS), "--no-vacuum", "--log")
        self._writer.run([_PGBENCH, *arguments, f"--log-prefix={prefix}", "postgres"])
        logs = list(prefix.parent.glob(f"{prefix.name}.*"))
        lines = [line for log in logs for line in log.read_text().splitlines()]
        for log in logs:
            log.unlink()
        return [int(line.split()[2]) / 1000 for line in lines]

    @property
    def follower_directory(self) -> Path:
        """Where the follower's processes run."""
        return self._follower.pgdata

    def set_writer(self, **settings: str) -> None:
        """What needs no restart."""
        self._set(self._writer, **settings)

    def set_follower(self, **settings: str) -> None:
        """What needs no restart."""
        self._set(self._follower, **settings)

    def beat(self) -> None:
        """Write one row, and close its segment, as a writer at rest does."""
        self._writer.query("CREATE TABLE IF NOT EXISTS beats (at timestamptz)")
        self._writer.query("INSERT INTO beats VALUES (now())")
        self._writer.query("SELECT pg_switch_wal()")

    def _wait(self, *, waits: bool) -> None:
        self._set(self._writer, synchronous_standby_names=FOLLOWER if waits else "")

    @staticmethod
    def _set(instance: Instance, **settings: str) -> None:
        for name, value in settings.items():
            quoted = value.replace("'", "''")
            instance.query(f"ALTER SYSTEM SET {name} = '{quoted}'")
        instance.reload()


@contextmanager
def pair(
    scratch: Path,
    parameters: Mapping[str, str],
    scale: int,
    *,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Pair]:
    """Both of them, the follower cloned from the writer."""
    archive = scratch / "archive"
    archive.mkdir(mode=0o777)
    archive.chmod(0o777)
    with ExitStack() as stack:
        processes = stack.enter_context(Processes(scratch / "instances"))
        writer, follower = (
            Instance(
                name=name,
                directory=processes.directory / name,
                sockets=scratch,
                environment=environment,
                processes=processes,
            )
            for name in ("writer", FOLLOWER)
        )
        writer.begin()
        initdb = [str(POSTGRES_BIN / "initdb"), "--pgdata", str(writer.pgdata)]
        writer.run([*initdb, "--username=postgres", "--no-sync", "--auth=trust"])
        _configure(writer, parameters, archive)
        writer.start()
        stack.callback(writer.crash)
        writer.run([_PGBENCH, "--initialize", "--quiet", "--scale", str(scale), "postgres"])
        clone = [str(POSTGRES_BIN / "pg_basebackup"), "--pgdata", str(follower.pgdata)]
        writer.run([*clone, "--checkpoint=fast", "--no-sync"])
        _configure(follower, parameters, archive)
        follower.become_standby()
        path = RegionPath(lambda: writer.port)
        stack.callback(path.close)
        follower.start()
        stack.callback(follower.crash)
        yield Pair(writer, follower, path)


def _configure(instance: Instance, parameters: Mapping[str, str], archive: Path) -> None:
    settings = {
        **parameters,
        "archive_mode": "on",
        "archive_command": f"cp %p {archive}/%f",
        "restore_command": f"cp {archive}/%f %p",
        "listen_addresses": "127.0.0.1",
        "port": str(instance.port),
        "unix_socket_directories": str(instance.sockets),
        "wal_level": "logical",
    }
    lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
    (instance.pgdata / "postgresql.conf").write_text("".join(lines), encoding="utf-8")
