"""A PostgreSQL of its own, on which pgbench writes the WAL that an archive has to keep up with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drill.operator.instance import Instance
from drill.operator.processes import POSTGRES_BIN, Processes

CLIENTS = 4
SEGMENT_MIB = 16
_HERE = {
    "archive_mode": "off",
    "listen_addresses": "",
    "max_wal_size": "8GB",
    "wal_keep_size": "8GB",
    "wal_level": "logical",
}
"""Every segment is kept, and none is archived while pgbench writes."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What pgbench wrote in one go."""

    seconds: float
    mib: float
    transactions: int

    @property
    def mib_per_second(self) -> float:
        """WAL written per second."""
        return self.mib / self.seconds


class Workload:
    """Lives from `__enter__` to `__exit__`, with the settings of a Cluster."""

    def __init__(
        self,
        *,
        directory: Path,
        sockets: Path,
        processes: Processes,
        parameters: Mapping[str, str],
        scale: int,
    ) -> None:
        self.instance = Instance(
            name="throughput",
            directory=directory,
            sockets=sockets,
            environment={},
            processes=processes,
        )
        self._parameters = parameters
        self._scale = scale

    def __enter__(self) -> "Workload":
        pgdata = self.instance.pgdata
        self.instance.begin()
        initdb = str(POSTGRES_BIN / "initdb")
        self.instance.run([initdb, "-D", str(pgdata), "--username", "postgres", "--no-sync"])
        settings = {
            **self._parameters,
            **_HERE,
            "port": str(self.instance.port),
            "unix_socket_directories": str(self.instance.sockets),
        }
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        (pgdata / "postgresql.conf").write_text("".join(lines), encoding="utf-8")
        self.instance.start()
        self._pgbench("--initialize", "--scale", str(self._scale))
        return self

    def __exit__(self, *_: object) -> None:
        self.instance.crash()

    def write(self, seconds: int, **settings: str) -> Written:
        """Let pgbench write for a time from a checkpoint on, with these settings changed."""
        for name, value in settings.items():
            self.instance.query(f"ALTER SYSTEM SET {name} = '{value}'")
        self.instance.reload()
        self.instance.query("CHECKPOINT")
        before, done = self._position(), self._transactions()
        self._pgbench("--time", str(seconds), "--client", str(CLIENTS), "--no-vacuum")
        return Written(
            seconds=seconds,
            mib=(self._position() - before) / 2**20,
            transactions=self._transactions() - done,
        )

    def segments(self, count: int) -> list[Path]:
        """The newest segments that are full, the oldest of them first."""
        current = self.instance.value("SELECT pg_walfile_name(pg_current_wal_lsn())")
        files = sorted((self.instance.pgdata / "pg_wal").glob("0000*"))
        return [file for file in files if file.is_file() and file.name < current][-count:]

    def database_mib(self) -> float:
        """The size of all databases: what a base backup of it holds, but for WAL."""
        size = "SELECT sum(pg_database_size(oid)) FROM pg_database"
        return int(self.instance.value(size)) / 2**20

    def _position(self) -> int:
        return int(self.instance.value("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"))

    def _transactions(self) -> int:
        return int(self.instance.value("SELECT count(*) FROM pgbench_history"))

    def _pgbench(self, *arguments: str) -> None:
        self.instance.run([str(POSTGRES_BIN / "pgbench"), *arguments, "postgres"])
