"""SQL inside a database pod, by `kubectl exec` and psql; answers are JSON."""

import json
from collections.abc import Callable, Collection
from typing import Any

from host.errors import Failed
from host.kubernetes.kubectl import Kubectl
from host.machine.machine import Result
from host.postgres import session
from host.site import Site

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
    """Runs scripts as `postgres` in one pod, each in a session that begins as `session` says."""

    def __init__(self, kubectl: Kubectl, *, namespace: str, pod: str, database: str) -> None:
        self._kubectl = kubectl
        self._pod = pod
        self._where = ("-i", "-n", namespace, pod, "-c", "postgres", "--")
        self._database = database
        self._without: list[str] = []
        """Settings that the server refused; later sessions do without them."""
        self._as_bytes = False
        """Whether it has names in another encoding; then nothing is converted."""

    @classmethod
    def at(cls, site: Site, pod: str, *, database: str = "") -> "Psql":
        """In a pod of this site, in the site's own database where none is named."""
        return cls(
            site.kubectl,
            namespace=site.document.namespace,
            pod=pod,
            database=database or site.document.database.name,
        )

    def query(self, script: str, *, timeout_seconds: float = 30, read_only: bool = False) -> Any:
        """The one JSON value that a script prints; None where it prints nothing.

        Raises:
            PsqlFailed: with what psql said.
        """
        result = self._run(script, timeout_seconds=timeout_seconds, read_only=read_only)
        text = result.stdout.strip()
        return json.loads(text) if text else None

    def values(self, script: str, *, timeout_seconds: float) -> list[Any]:
        """Every JSON value, one per line, of the statements that succeed; changes nothing.

        Raises:
            PsqlFailed: where there was no session.
        """
        lenient = f"\\set ON_ERROR_STOP off\n{script}"
        result = self._run(lenient, timeout_seconds=timeout_seconds, read_only=True)
        # Not splitlines(): JSON leaves other ends of lines, such as U+2028, as they stand.
        return [json.loads(line) for line in result.stdout.split("\n") if line]

    def asked(
        self, ask: Callable[[str], Result], *, read_only: bool, fine: Collection[int] = (0,)
    ) -> Result:
        """Run `ask` with the connection string of a session; its result.

        Where the server refuses a setting, or a name's encoding, it is run again without.
        """
        while True:
            result = ask(self.connection(read_only=read_only))
            if result.exit_code in fine or not self._learns(result.stderr):
                return result

    def _run(self, script: str, *, timeout_seconds: float, read_only: bool) -> Result:
        def ask(where: str) -> Result:
            program = ("exec", *self._where, "psql", *_ARGUMENTS, f"--dbname={where}")
            return self._kubectl.run(*program, stdin=script, timeout_seconds=timeout_seconds)

        result = self.asked(ask, read_only=read_only)
        if result.exit_code != 0:
            raise PsqlFailed(self._pod, result.stderr)
        return result

    def _learns(self, stderr: str) -> bool:
        refused = session.not_taken(stderr)
        if refused is not None and refused not in self._without:
            self._without.append(refused)
            return True
        learnt = session.has_bytes(stderr) and not self._as_bytes
        self._as_bytes = self._as_bytes or learnt
        return learnt

    def connection(self, *, read_only: bool) -> str:
        """The connection string of such a session, without the settings that the server refused."""
        options = session.options(
            read_only=read_only, without=self._without, as_bytes=self._as_bytes
        )
        return f"dbname={_conninfo(self._database)} options={_conninfo(options)}"


def literal(value: str) -> str:
    """A string as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def connect(**parameters: str) -> str:
    """The psql command that opens another connection, as who is no superuser.

    It is a script's first line. The parameters stand in the script, not among psql's arguments, so
    no password shows in a list of processes.
    """
    every = {**parameters, "options": session.options(superuser=False)}
    words = (f"{key}={_conninfo(value)}" for key, value in every.items())
    argument = " ".join(words).replace('"', '""')
    return f'\\connect "{argument}"\n'


def _conninfo(value: str) -> str:
    """A value as libpq reads it in a connection string."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
