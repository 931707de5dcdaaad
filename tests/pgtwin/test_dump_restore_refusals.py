"""Where this machine or its server is not fit for `pgtwin dump restore`, and what it leaves."""

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pgtwin.commands import restore_dump
from pgtwin.commands.download_folder import name_left_behind, temporary_folder
from pgtwin.errors import SiteFailed, SiteRefused
from tests.golden import ROOT

PAGE = (ROOT / "docs/restore.md").read_text(encoding="utf-8")
TOOL = """#!/bin/sh
case "$*" in *--version*) echo "pg_restore (PostgreSQL) {version}"; exit;; esac
echo "$0 $*" >> {log}
{script}
"""


class Laptop:
    """With PostgreSQL's tools as scripts."""

    def __init__(self, folder: Path, path: pytest.MonkeyPatch) -> None:
        self.log = folder / "log"
        self._folder = folder / "bin"
        self._folder.mkdir()
        path.setenv("PATH", f"{self._folder}:/usr/bin:/bin")
        for tool in ("psql", "createdb", "pg_restore"):
            self.has(tool)

    def has(self, tool: str, script: str = "exit 0", version: str = "18.1") -> None:
        path = self._folder / tool
        path.write_text(TOOL.format(script=script, version=version, log=self.log))
        path.chmod(0o755)


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    return Laptop(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    "said",
    [
        'psql: error: connection to server at "h", port 1 failed: Connection refused\n\tIs it up?',
        'psql: error: FATAL:  password authentication failed for user "app_user"',
        "psql: error: server does not support SSL, but SSL was required",
    ],
)
def test_a_server_that_lets_nobody_in_is_refused_on_one_line_that_names_the_variables(
    laptop: Laptop, said: str
) -> None:
    laptop.has("psql", f"printf '%b' '{said}' >&2; exit 2")

    with pytest.raises(SiteRefused) as refused:
        restore_dump.refuse_early("back")

    line = str(refused.value)
    assert "\n" not in line
    assert line.count("psql: ") == 1
    do = "set PGHOST, PGPORT, PGUSER and PGPASSWORD"
    assert line.endswith(f"nothing was changed - {do}")
    assert f"| `{do}` (exit 2) |" in PAGE


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_server_that_takes_a_connection_and_says_nothing_is_given_its_time_and_no_more(
    silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgtwin.commands.client_session._CONNECT_SECONDS", "2")
    monkeypatch.delenv("PGCONNECT_TIMEOUT", raising=False)
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", str(silent))
    monkeypatch.setattr(restore_dump, "_OLDEST", 0)

    with pytest.raises(SiteRefused, match="timeout expired; nothing was changed"):
        restore_dump.refuse_early("back")


@pytest.mark.parametrize("tool", ["psql", "createdb", "pg_restore"])
def test_a_tool_that_is_older_than_a_dump_is_refused_before_one_is_downloaded(
    laptop: Laptop, tool: str
) -> None:
    laptop.has(tool, version="16.11 (Debian 16.11-1)")

    with pytest.raises(SiteRefused, match=rf"^{tool} .* 16, .*nothing was changed - install"):
        restore_dump.refuse_early("back")

    assert not laptop.log.exists()


def test_a_tool_of_another_computer_is_refused(
    laptop: Laptop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin/pg_restore").write_bytes(b"\x7fELF of another processor")

    with pytest.raises(SiteRefused, match=r"^pg_restore does not start: .*nothing was changed - "):
        restore_dump.refuse_early("back")

    assert not laptop.log.exists()


@pytest.mark.parametrize("tool", ["psql", "createdb", "pg_restore"])
def test_a_tool_that_is_missing_is_named_before_a_dump_is_downloaded(
    tool: str, laptop: Laptop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bin" / tool).unlink()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    with pytest.raises(SiteRefused, match=f"^{tool} is not on PATH; nothing was changed - "):
        restore_dump.refuse_early("back")

    assert not laptop.log.exists()


@pytest.mark.parametrize(
    "error", [SiteFailed("pg_restore: broken"), OSError(28, "No space left"), KeyboardInterrupt()]
)
@pytest.mark.parametrize("roles", [(), ("auditor", "o'reader")])
def test_whatever_ends_a_restore_early_names_what_it_has_made(
    error: BaseException, roles: tuple[str, ...]
) -> None:
    with pytest.raises(SiteFailed) as failed, restore_dump._naming("back", roles):
        raise error

    said = str(failed.value)
    assert said.startswith((str(error) or "interrupted") + "; ")
    stays = "what was made by then stays to be looked at"
    assert f"; {stays}: the database back" in said
    assert f"| `{stays}` (exit 3) |" in PAGE
    assert all(role in said for role in roles)
    assert said.endswith(" - run: dropdb --force back")


def test_where_no_temporary_folder_can_be_made_the_variable_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(**_: object) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", refused)

    desk: Any = SimpleNamespace(say=print)
    with (
        pytest.raises(SiteRefused, match="nothing was changed - set TMPDIR"),
        temporary_folder(desk),
    ):
        pass


def test_what_a_killed_run_has_left_is_named_and_kept(tmp_path: Path) -> None:
    said: list[str] = []
    desk: Any = SimpleNamespace(say=said.append)
    left = tmp_path / ".du[m]p-k1ll3d"
    left.mkdir()
    (tmp_path / ".dump-of-another-name").mkdir()

    name_left_behind(desk, tmp_path, ".du[m]p-")

    assert said == [f"{left} is of another run; if none is under way, delete it"]
    assert os.path.isdir(left)
