"""One PostgreSQL instance: a PGDATA, its WAL, its port and its process."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from drill.operator import configuration, wal_scripts
from drill.operator.cluster_spec import ClusterSpec
from drill.operator.configuration import Part
from drill.operator.free_port import free_port
from drill.operator.local_sql import LocalSql
from drill.operator.processes import POSTGRES_BIN, TOOLS_BIN, Processes
from drill.waiting import wait_for

START_SECONDS = 300
STOP_SECONDS = 60
_SCRATCH = "/controller/"
"""The folder of a database pod that lives as long as the pod; the sidecar can write only there."""


class InstanceDied(Exception):  # noqa: N818 (says what happened)
    """PostgreSQL ended by itself; the message holds the last lines of its log."""


class Instance(LocalSql):
    """An instance's files and process. Its state is what is on disk and what runs, no more."""

    def __init__(
        self,
        *,
        name: str,
        directory: Path,
        sockets: Path,
        environment: Mapping[str, str],
        processes: Processes,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        super().__init__(sockets=sockets, port=free_port(directory / "port"))
        self.name = name
        self.directory = directory
        self.pgdata = directory / "pgdata"
        self.log = directory / "postgres.log"
        self.barman_log = directory / "barman.log"
        self._processes = processes
        self._process: subprocess.Popen[bytes] | None = None
        self.machine_environment = environment

    @property
    def environment(self) -> dict[str, str]:
        """What the instance's pod would give to every process in it."""
        return {
            "PATH": f"{POSTGRES_BIN}:{TOOLS_BIN}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.directory),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PGHOST": str(self.sockets),
            "PGPORT": str(self.port),
            "PGUSER": "postgres",
            **self.machine_environment,
        }

    @property
    def initialised(self) -> bool:
        """Whether a bootstrap was finished; a half-made PGDATA does not count."""
        return (self.directory / "initialised").exists()

    @property
    def is_standby(self) -> bool:
        """Whether it starts, or runs, as a standby: what its files say, not its Cluster."""
        return (self.pgdata / "standby.signal").exists()

    def become_standby(self) -> None:
        """Make the next start one of a standby."""
        (self.pgdata / "standby.signal").touch()

    @property
    def running(self) -> bool:
        """Whether the postmaster lives."""
        return self._process is not None and self._process.poll() is None

    def begin(self) -> None:
        """Remove what an unfinished bootstrap left."""
        for leftover in (self.pgdata, self.directory / "pg_wal"):
            shutil.rmtree(leftover, ignore_errors=True)

    def finish(self) -> None:
        """Mark the bootstrap as finished."""
        (self.directory / "initialised").touch()

    def move_wal(self) -> None:
        """Put pg_wal on its own volume, as `walStorage` does."""
        volume = self.directory / "pg_wal"
        (self.pgdata / "pg_wal").rename(volume)
        (self.pgdata / "pg_wal").symlink_to(volume)

    def run(self, argv: Sequence[str], **options: Any) -> str:
        """Run a command in the instance's place, with its environment."""
        options.setdefault("log", self.barman_log)
        return self._processes.run(
            argv, cwd=self.directory, environment=self.environment, **options
        )

    def configure(
        self, spec: ClusterSpec, part: Part, extra: Mapping[str, str] | None = None
    ) -> bool:
        """Write the configuration files; True when something changed."""
        values = {**configuration.settings(spec, part), **(extra or {})}
        changed = [
            _write(self.pgdata / "postgresql.conf", configuration.conf(values)),
            _write(self.pgdata / "pg_hba.conf", configuration.hba(spec)),
            _script(part.archive_script, wal_scripts.archive(spec, self._line)),
            _script(part.restore_script, wal_scripts.restore(spec, part, self._line)),
        ]
        return any(changed)

    def start(self, *, within_seconds: float = START_SECONDS) -> None:
        """Start PostgreSQL and wait until it answers.

        Raises:
            InstanceDied: when it ends instead.
            TimeoutError: when it does not answer in time.
        """
        (self.pgdata / "postmaster.pid").unlink(missing_ok=True)
        self._process = self._processes.start(
            [str(POSTGRES_BIN / "postgres"), "-D", str(self.pgdata)],
            cwd=self.pgdata,
            environment=self.environment,
            log=self.log,
        )
        wait_for(self._has_started, within_seconds, f"{self.name} to answer")

    def stop(self, *, smart_seconds: float = 0) -> None:
        """Shut PostgreSQL down with a checkpoint, and archive what is ready.

        For `smart_seconds` clients may end their sessions first, and no new ones come in.
        """
        if self._process is None or not self.running:
            return
        smart = smart_seconds > 0 and self._ends_by(signal.SIGTERM, smart_seconds)
        if not smart and not self._ends_by(signal.SIGINT, STOP_SECONDS):
            self._processes.kill(self.directory)
        self._process = None

    def crash(self) -> None:
        """End it at once, without a checkpoint."""
        self._ends_by(signal.SIGQUIT, STOP_SECONDS)
        self._process = None

    def reload(self) -> None:
        """Read the configuration again."""
        self.query("SELECT pg_reload_conf()")

    def control_data(self) -> dict[str, str]:
        """What pg_controldata prints."""
        printed = self.run([str(POSTGRES_BIN / "pg_controldata"), str(self.pgdata)])
        pairs = (line.split(":", 1) for line in printed.splitlines() if ":" in line)
        return {key.strip(): value.strip() for key, value in pairs}

    def restores(self) -> list[str]:
        """The ids of the processes that fetch WAL for it now."""
        return [
            process.name for process in Path("/proc").glob("[0-9]*") if self._restores_in(process)
        ]

    def log_tail(self, lines: int = 6) -> str:
        """The end of PostgreSQL's log."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _restores_in(self, process: Path) -> bool:
        try:
            here = (process / "cwd").readlink() == self.pgdata
            return here and b"barman-cloud-wal-restore" in (process / "cmdline").read_bytes()
        except OSError:
            return False  # it has ended, or is somebody else's

    def _ends_by(self, number: signal.Signals, within_seconds: float) -> bool:
        if self._process is None:
            return True
        os.kill(self._process.pid, number)
        try:
            self._process.wait(within_seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _has_started(self) -> bool:
        if not self.running:
            raise InstanceDied(f"{self.name} ended at its start: {self.log_tail()}")
        return self.answers()

    def _line(self, argv: Sequence[str]) -> str:
        here = [word.replace(_SCRATCH, str(self.directory / "scratch/")) for word in argv]
        return shlex.join(self._processes.warm(here))


def _script(path: Path, body: str) -> bool:
    changed = _write(path, f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return changed


def _write(path: Path, text: str) -> bool:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.rename(path)
    return True
