"""PostgreSQL is stopped where that is seen: unknown is not no."""

from typing import Any

import pytest

from host.kubernetes.kubectl import Kubectl
from host.machine.machine import Result
from host.postgres.psql import Psql
from host.postgres.running import runs

SOCKET = 'psql: error: connection to server on socket "/controller/run/.s.PGSQL.5432" failed: '


class Shell:
    """Every command ends in the same way."""

    def __init__(self, stderr: str) -> None:
        self._stderr = stderr

    def run(self, _: Any, *, stdin: str | None = None, timeout_seconds: float = 0) -> Result:
        return Result(exit_code=1 if self._stderr else 0, stdout="1", stderr=self._stderr)


@pytest.mark.parametrize(
    ("stderr", "found"),
    [
        ("", True),
        (f"{SOCKET}No such file or directory", False),
        (f"{SOCKET}Connection refused", False),
        ('Error from server (NotFound): pods "postgres-cluster-1" not found', False),
        (f"{SOCKET}FATAL:  sorry, too many clients already", None),
        ("Error from server: error dialing backend: no route to host", None),
    ],
)
def test_an_instance_is_stopped_only_where_nobody_listens(stderr: str, found: bool | None) -> None:
    shell: Any = Shell(stderr)
    clock: Any = None

    psql = Psql(Kubectl(shell, clock), namespace="postgres", pod="p", database="postgres")

    assert runs(psql) is found
