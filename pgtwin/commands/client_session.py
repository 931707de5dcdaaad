"""PostgreSQL's own tools on this machine, each session begun as `session.conf` says.

The server is the one that libpq's variables name (PGHOST, PGPORT, PGUSER, PGPASSWORD, ...).
"""

import configparser
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from pgtwin.errors import SiteFailed

_NOT_TAKEN = re.compile(
    r'(?:unrecognized configuration parameter|permission denied to set parameter) "(\w+)"'
)
_KEPT = re.compile(
    r"PG\w+|PATH|HOME|USER|LOGNAME|TMPDIR|TZ|KRB5\w+|SSL_CERT_\w+|(DY)?LD_LIBRARY_PATH"
)
"""Of the environment: what libpq reads and a program needs to start. AWS' credentials stay here."""
_CONNECT_SECONDS = "10"
"""By default libpq waits forever for a server that takes a connection and says nothing."""
_PSQL = ("psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password")


class ClientSession:
    """Runs the tools against one server."""

    def __init__(self) -> None:
        self._maintenance = os.environ.get("PGDATABASE") or "postgres"
        self._settings = _settings()

    def ask(self, sql: str) -> Any:
        """The one JSON value of a query in a database that is there; None where it prints none.

        Raises:
            SiteFailed: with what psql said.
        """
        arguments = (*_PSQL, "--set=ON_ERROR_STOP=1", f"--dbname={self._maintenance}")
        while True:
            done = self.run(*arguments, f"--command={sql}")
            if done.returncode == 0:
                return json.loads(done.stdout) if done.stdout.strip() else None
            refused = _NOT_TAKEN.search(done.stderr)
            if refused is None or self._settings.pop(refused[1], None) is None:
                raise SiteFailed(f"psql: {_line(done.stderr)}")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run one tool to its end. It speaks English, since what it says is read; the names in it
        are in whatever encoding a dump is.
        """
        options = " ".join(
            f"-c {name}={value.replace(' ', chr(92) + ' ')}"
            for name, value in self._settings.items()
        )
        given = os.environ.get("PGOPTIONS", "")
        kept = {name: value for name, value in os.environ.items() if _KEPT.fullmatch(name)}
        kept = {"PGCONNECT_TIMEOUT": _CONNECT_SECONDS, **kept}
        environment = {**kept, "LC_ALL": "C", "PGOPTIONS": f"{given} {options}".strip()}
        return subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
            env=environment,
        )


def _line(said: str) -> str:
    return " ".join(said.split()).removeprefix("psql: ")


def _settings() -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(Path(__file__).with_name("session.conf").read_text(encoding="utf-8"))
    return {**parser["every"], **parser["granted"]}
