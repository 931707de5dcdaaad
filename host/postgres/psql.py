"""SQL inside a database pod, by `kubectl exec` and psql; answers are JSON."""

import json
from typing import Any

from host.errors import Failed
from host.kubernetes.kubectl import Kubectl

_NOT_RUNNING = ("No such file or directory", "Connection refused")
"""What libpq says of a socket that nobody listens on."""
_NO_POD = "Error from server (NotFound): pods "
_ARGUMENTS = ("--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1")


class PsqlFailed(Failed):
    """psql did not do what the script says; what it wrote is in the message."""

    def __init__(self, pod: str, stderr: str) -> None:
        super().__init__(f"psql in {pod}: {stderr.strip()} - look at its log")
        self._stderr = stderr

    @property
    def not_running(self) -> bool:
        """Whether no PostgreSQL runs in the pod, for certain.

        Any other failure (too many clients, a time-out, a pod out of reach) says nothing.
        """
        if self._stderr.startswith(_NO_POD):
            return True
        connecting = "connection to server on socket" in self._stderr
        return connecting and any(word in self._stderr for word in _NOT_RUNNING)

    @property
    def no_database(self) -> bool:
        """Whether PostgreSQL answers, but has no such database."""
        return "FATAL:  database " in self._stderr and "does not exist" in self._stderr


class Psql:
    """Runs scripts as `postgres` in one pod."""

    def __init__(self, kubectl: Kubectl, *, namespace: str, pod: str, database: str) -> None:
        self._kubectl = kubectl
        self._pod = pod
        self._where = ("-i", "-n", namespace, pod, "-c", "postgres", "--")
        self._database = database

    def query(self, script: str, *, timeout_seconds: float = 30) -> Any:
        """The one JSON value that a script prints; None where it prints nothing.

        Raises:
            PsqlFailed: with what psql said.
        """
        psql = ("psql", *_ARGUMENTS, f"--dbname={self._database}")
        result = self._kubectl.run(
            "exec", *self._where, *psql, stdin=script, timeout_seconds=timeout_seconds
        )
        if result.exit_code != 0:
            raise PsqlFailed(self._pod, result.stderr)
        text = result.stdout.strip()
        return json.loads(text) if text else None


def literal(value: str) -> str:
    """A string as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def connect(**parameters: str) -> str:
    """The psql command that opens another connection, for a script's first line.

    The parameters stand in the script, not among psql's arguments, so no password shows in a list
    of processes.
    """
    words = (f"{key}={_conninfo(value)}" for key, value in parameters.items())
    argument = " ".join(words).replace('"', '""')
    return f'\\connect "{argument}"\n'


def _conninfo(value: str) -> str:
    """A value as libpq reads it in a connection string."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
