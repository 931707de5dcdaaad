"""Why a Job of the operator failed, from the log of its program."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from host.errors import Failed
from host.kubernetes.operator_log import went_wrong, why


def line(**said: Any) -> str:
    return json.dumps({"level": "info", "ts": "2026-11-27T10:00:00Z", "msg": "record", **said})


def of_postgres(severity: str, message: str) -> str:
    record = {"error_severity": severity, "message": message}
    return line(logger="postgres", record=record)


RECOVERY = "\n".join(
    [
        "not JSON at all",
        line(level="error", msg="Can't restore backup", error="exit status 1"),
        of_postgres("LOG", "restored log file"),
        of_postgres("FATAL", "recovery ended before configured recovery target was reached"),
        line(level="error", msg="Error while restoring a backup", error="exit status 1"),
        line(msg="bye"),
    ]
)


def test_what_ended_postgresql_is_told_beside_what_its_program_says() -> None:
    told = went_wrong(RECOVERY)

    assert "recovery ended before configured recovery target was reached" in told
    assert told.endswith("Error while restoring a backup: exit status 1")
    assert "restored log file" not in told


@pytest.mark.parametrize("log", ["", "[]", '{"msg": 1}', line(record="x"), line(record={})])
def test_a_log_without_an_error_has_none(log: str) -> None:
    assert went_wrong(log) == ""


def test_a_log_that_cannot_be_read_is_said_to_be_gone() -> None:
    def run(*_: Any, **__: Any) -> Any:
        raise Failed("error: no pod")

    kubectl: Any = SimpleNamespace(run=run)

    assert why(kubectl, "postgres", "a-1-full-recovery") == "its pod is gone, with its log"
