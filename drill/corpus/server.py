"""A real PostgreSQL that archives its WAL into a folder, and one restored from its base backup."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from drill.corpus.pod_shell import PodShell
from drill.operator.free_port import free_port
from drill.operator.processes import CONTRIB, POSTGRES_BIN, CommandFailed, Processes
from drill.waiting import wait_for
from host.kubernetes.kubectl import Kubectl
from host.machine.system_clock import SystemClock
from host.postgres.psql import Psql

SECONDS = 600
NAMESPACE, POD = "postgres", "corpus-1"


@dataclass(frozen=True, kw_only=True)
class Server:
    """One folder, with the data in `data`."""

    folder: Path
    processes: Processes

    @classmethod
    def new(cls, processes: Processes, name: str) -> "Server":
        """An empty one that is not started; it works in `processes`' folder, and ends with it."""
        folder = processes.directory / name
        folder.mkdir()
        (folder / "archive").mkdir()
        server = cls(folder=folder, processes=processes)
        server.tool("initdb", "-D", "data", "-U", "postgres", "--auth=trust", "--no-sync")
        return server

    def base_backup(self, name: str) -> "Server":
        """A server that is not started and will recover, from a base backup of this one."""
        folder = self.processes.directory / name
        folder.mkdir()
        self.tool(
            *("pg_basebackup", f"--pgdata={folder / 'data'}"),
            *("--wal-method=none", "--checkpoint=fast", "--no-sync", "--no-manifest"),
        )
        (folder / "data" / "recovery.signal").touch()
        return Server(folder=folder, processes=self.processes)

    @property
    def environment(self) -> dict[str, str]:
        """libpq's variables, for the superuser."""
        return {
            "PATH": f"{POSTGRES_BIN}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "PGHOST": str(self.folder),
            "PGPORT": str(free_port(self.folder / "port")),
            "PGUSER": "postgres",
            "PGDATABASE": "postgres",
        }

    @contextmanager
    def running(self, **settings: str) -> Iterator[None]:
        """Start it and wait until it takes writes; stop it at the end.

        Where something fails, it ends with its processes.
        """
        every = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "port": self.environment["PGPORT"],
            "fsync": "off",
            "hot_standby": "off",
            "wal_level": "logical",
            "max_prepared_transactions": "4",
            "dynamic_library_path": f"$libdir:{CONTRIB}/lib",
            "extension_control_path": f"$system:{CONTRIB}/share",
            **settings,
        }
        lines = [f"{name} = '{value}'\n" for name, value in every.items()]
        (self.folder / "data" / "postgresql.auto.conf").write_text("".join(lines))
        pg_ctl = ("pg_ctl", "-D", "data", "-w", "-t", str(SECONDS))
        self.tool(*pg_ctl, "-l", "log", "start")
        wait_for(self._answers, SECONDS, f"{self.folder.name} to answer")
        yield
        self.tool(*pg_ctl, "-m", "fast", "stop")

    def tool(self, program: str, *arguments: str, stdin: str = "") -> str:
        """What one of PostgreSQL's programs prints.

        Raises:
            CommandFailed: where it fails.
        """
        return self._run([str(POSTGRES_BIN / program), *arguments], {}, stdin)

    def script(self, script: Path, **environment: str) -> str:
        """What one of the pods' scripts prints.

        Raises:
            CommandFailed: where it fails.
        """
        return self._run(["bash", str(script)], environment)

    def feed(self, database: str, sql: str) -> None:
        """Run a file's SQL, as somebody does who is not us.

        Raises:
            CommandFailed: where a statement fails.
        """
        arguments = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={database}")
        self.tool("psql", *arguments, stdin=sql)

    @property
    def kubectl(self) -> Kubectl:
        """What `kubectl exec` is in a pod of it."""
        return Kubectl(PodShell(self.folder, self.environment), SystemClock())

    def psql(self, database: str) -> Psql:
        """SQL as the host program sends it."""
        return Psql(self.kubectl, namespace=NAMESPACE, pod=POD, database=database)

    def _answers(self) -> bool:
        """With `hot_standby` off, what recovers does not."""
        try:
            self.tool("pg_isready", "--quiet")
        except CommandFailed:
            return False
        return True

    def _run(self, argv: Sequence[str], environment: Mapping[str, str], stdin: str = "") -> str:
        return self.processes.run(
            argv,
            cwd=self.folder,
            environment={**self.environment, **environment},
            log=self.folder / "tools.log",
            within_seconds=SECONDS,
            stdin=stdin,
        )
