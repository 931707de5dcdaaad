"""The log of the operator's program, in which `host/` finds what went wrong in a Job.

All its programs log through one package (machinery v0.5.0 pkg/log). No double writes a log, so this
has a real side only (`--real`).
"""

import json

import pytest

from host.kubernetes.operator_log import went_wrong
from host.major.job import last_words
from tests.contract.real.real_site import RealSite


@pytest.fixture
def log(request: pytest.FixtureRequest) -> str:
    """What the real operator has written so far."""
    request.getfixturevalue("real_alone")
    site: RealSite = request.getfixturevalue("real_site")
    return site.log("cloudnative-pg")


def test_each_line_is_an_object_with_its_speaker_and_its_message(log: str) -> None:
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]

    spoken = next(line for line in lines if "logger" in line)
    assert last_words(json.dumps({**spoken, "logger": "pg_upgrade"})) == spoken["msg"]


def test_each_line_has_a_level(log: str) -> None:
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]

    assert {line["level"] for line in lines} <= {"debug", "info", "warning", "error"}
    assert not went_wrong(json.dumps({**lines[0], "level": "info"}))
    assert went_wrong(json.dumps({**lines[0], "level": "error"})).startswith(lines[0]["msg"])
