"""The token of a Session Manager session is shown to no other user of the computer."""

import os
import time
from pathlib import Path

import pytest

from pgtwin.commands import examination, tunnel
from pgtwin.errors import SiteRefused
from tests.waiting import HANGS_SECONDS


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the plugin on the path says of itself."""
    said, program = tmp_path / "version", tmp_path / tunnel.PLUGIN
    program.write_text(f"#!/bin/sh\ncat {said}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return said


@pytest.mark.parametrize("said", ["1.2.707.0\n", "1.2.497.0\n", "1.2.30.0\n", "", "unknown\n"])
def test_a_plugin_that_shows_the_session_or_does_not_sign_for_it_is_refused(
    said: str, version: Path
) -> None:
    version.write_text(said)

    with pytest.raises(SiteRefused, match=r"install 1\.2\.764\.0 or newer"):
        tunnel.require_recent_plugin()


@pytest.mark.parametrize("said", ["1.2.764.0\n", "1.2.896.0\n", "2.0.0.0\n"])
def test_a_newer_one_is_taken(said: str, version: Path) -> None:
    version.write_text(said)

    assert tunnel.require_recent_plugin() == said.strip()


def test_a_plugin_that_does_not_answer_is_refused_in_time(
    version: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tunnel, "VERSION_SECONDS", 0.2)
    (version.parent / tunnel.PLUGIN).write_text("#!/bin/sh\nsleep 900\necho 1.2.764.0\n")
    began = time.monotonic()

    with pytest.raises(SiteRefused, match="did not tell its version"):
        tunnel.require_recent_plugin()

    assert time.monotonic() - began < HANGS_SECONDS


def test_doctor_waits_for_no_child_of_a_cdk_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "VERSION_SECONDS", 0.2)
    program = tmp_path / "cdk"
    program.write_text("#!/bin/sh\nsleep 900 &\nsleep 900\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    began = time.monotonic()

    assert examination._cdk().verdict == "missing"

    assert time.monotonic() - began < HANGS_SECONDS


def test_doctor_names_an_old_plugin_and_lets_a_deployment_go_on_without_a_newer(
    version: Path,
) -> None:
    version.write_text("1.2.707.0\n")

    found = examination._tool(*examination.TOOLS[0])

    assert found.verdict == "unknown"
    assert "install 1.2.764.0 or newer" in found.found
