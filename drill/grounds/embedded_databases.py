"""The databases of an embedded site, over the sockets of its instances."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from drill.ground_site import NoAnswer, Ran, StatementRefused
from drill.operator.instance import Instance
from drill.operator.processes import POSTGRES_BIN


class EmbeddedDatabases:
    """`leader` names the instance that leads a Cluster; None while there is none."""

    def __init__(
        self, *, leader: Callable[[str], Instance | None], cluster: str, database: str
    ) -> None:
        self._leader = leader
        self._cluster = cluster
        self._database = database

    def rows(self, sql: str, *values: str, cluster: str = "") -> list[tuple[Any, ...]]:
        """The answer of the instance that leads."""
        leader = self._running(cluster)
        try:
            return leader.query(sql, self._database, values)
        except psycopg.OperationalError as error:
            raise NoAnswer(f"{leader.name}: {error}") from error
        except psycopg.Error as error:
            raise StatementRefused(f"{leader.name}: {error}") from error

    def run(self, sql: str, *values: str) -> None:
        """Change something, as superuser."""
        self.rows(sql, *values)

    def client(self) -> dict[str, str]:
        """The tools of the instance itself, which were built without TLS."""
        return {
            "PATH": f"{POSTGRES_BIN}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self._running("").port),
            "PGSSLMODE": "disable",
        }

    def restore_dump(self, folder: Path, *, table: str) -> Ran:
        """`pg_restore` over the socket."""
        pg_restore = [str(POSTGRES_BIN / "pg_restore"), "--exit-on-error", f"--table={table}"]
        done = subprocess.run(
            [*pg_restore, f"--dbname={self._database}", str(folder)],
            env=self._running("").environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ran(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def _running(self, cluster: str) -> Instance:
        leader = self._leader(cluster or self._cluster)
        if leader is None or not leader.running:
            raise NoAnswer(f"no database of {cluster or self._cluster} runs")
        return leader
