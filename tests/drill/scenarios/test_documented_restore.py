"""Every command of a block in docs/restore.md, word for word, on both regions.

tests/test_restore_page.py sees that none is passed over. Only the moment and the dump's id are put
in the place of the document's. `kubectl` is a machine's.
"""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from drill.drill_site import DrillSite
from drill.pgtwin_command import COMMAND_SECONDS
from drill.scenarios.stage import Stage
from drill.twin import Twin
from drill.waiting import wait_for
from tests.drill.scenarios.conftest import Rehearsals
from tests.golden import ROOT
from tests.restore_page import GONE, REST, console, part, typed
from tests.terminal import Terminal
from topology.site import SITES, SiteName

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drill")]

_KUBECTL = ["sudo", "k3s", "kubectl"]


class Player:
    """One person at one shell."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        owner = twin.topology.database.owner
        client = twin.sites["primary"].databases.client()
        self.login = {**client, "PGUSER": owner, "PGPASSWORD": twin.password(owner)}
        self._dump = twin.pgtwin("dump", "list")["primary"][-1]
        self._at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def play(self, command: str) -> Any:
        """What the command answers; it fails where the command does."""
        today = re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", self._at, command)
        words = shlex.split(re.sub(r"\d{8}T\d{6}Z", self._dump, today))
        if words[: len(_KUBECTL)] == _KUBECTL:
            return self._kubectl(words[len(_KUBECTL) :])
        assert words.pop(0) == "pgtwin"
        return self._twin.pgtwin(*words, extra=self.login)

    def _kubectl(self, words: list[str]) -> str:
        """As a server of the site has it."""
        site = self._twin.sites["primary"]
        assert isinstance(site, DrillSite)
        environment = site.embedded.machines["server-1"].environment
        return subprocess.run(
            [environment["PGTWIN_KUBECTL"], *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        ).stdout


@pytest.fixture
def twin(rehearsals: Rehearsals) -> Twin:
    """Sites that have base backups."""
    twin = rehearsals.twin

    def backed_up() -> bool:
        return all(
            any(each.get("status", {}).get("phase") == "completed" for each in found)
            for found in (twin.sites[name].objects.list("Backup") for name in SITES)
        )

    wait_for(backed_up, 300, "the first base backups")
    return twin


@pytest.fixture
def player(twin: Twin) -> Iterator[Player]:
    """With a dump; removes the database that was restored."""
    twin.pgtwin("dump", "now", "--site", "primary")
    yield Player(twin)
    twin.sites["primary"].databases.run("drop database if exists app_db_before with (force)")


def test_every_command_of_the_document_does_what_it_says(twin: Twin, player: Player) -> None:
    clusters = twin.sites["primary"].objects
    found: dict[str, Any] = {}

    for command in console(REST):
        found[command] = player.play(command)
        if command.startswith("pgtwin restore "):
            (restored,) = twin.sites["primary"].databases.rows(
                "select count(*) from pgtwin.heartbeat", cluster="before-the-mistake"
            )
            assert restored != (0,)

    player.play(typed("pgtwin backup now --site dr"))
    player.play(typed("pgtwin status"))
    # The machine's own status: `pgtwin` does not wait for as long as a busy one takes.
    stage = Stage(twin=twin, folder=twin.work, tell=print)
    assert stage.host_status("primary", "evidence")["newest_at"] is not None
    assert clusters.get("Cluster", "before-the-mistake") is None
    assert (twin.work / "dump" / "SHA256SUMS").is_file()
    assert _restored(player, "app_db_before") == (twin.topology.database.owner, None)
    verified = [each for command, each in found.items() if command.startswith("pgtwin verify")]
    assert len(verified) == 2
    assert "false" not in str(verified).lower()


def test_where_both_clusters_are_gone_the_document_brings_both_sites_back_with_every_row(
    twin: Twin, tmp_path: Path
) -> None:
    primary = twin.sites["primary"].databases
    primary.run("create table kept as select 'a row that was archived' as what")
    ((segment,),) = primary.rows("select pg_walfile_name(pg_switch_wal())")
    wait_for(lambda: _archived(twin) >= segment, 300, "its archive")
    questions = {
        f"Type {word} to continue:": word
        for word in re.findall(r"^\d\. Type `([^`]+)`", part(GONE), re.M)
    }
    assert list(questions.values()) == [
        twin.topology.dr.cluster,
        f"{twin.topology.primary.cluster}, unseen",
    ]

    for name in SITES:
        twin.sites[name].objects.delete("Cluster", twin.topology.site(name).cluster)
    for name in SITES:
        wait_for(partial(_without_pods, twin, name), 120, f"the end of {name}'s pods")
    terminal = _terminal(twin, tmp_path)
    for command in console(GONE):
        code, screen = terminal.type(command, answers=questions, hangs_seconds=COMMAND_SECONDS)
        if code in (3, 4):  # as on a machine that is too busy: it says that it is safe to repeat
            again = re.findall(r"then: (pgtwin .+)$", screen, re.M)[-1]
            code, screen = terminal.type(again, answers=questions, hangs_seconds=COMMAND_SECONDS)
        assert code == 0, screen

    for name in SITES:
        rows = twin.sites[name].databases.rows("select what from kept")
        assert rows == [("a row that was archived",)], name
    primary.run("drop table kept")
    assert twin.home() == "the primary writes and DR follows"


def _archived(twin: Twin) -> str:
    ((last,),) = twin.sites["primary"].databases.rows(
        "select coalesce(last_archived_wal, '') from pg_stat_archiver"
    )
    return str(last)


def _without_pods(twin: Twin, name: SiteName) -> bool:
    cluster = twin.topology.site(name).cluster
    pods = (each["metadata"].get("labels", {}) for each in twin.sites[name].objects.list("Pod"))
    return not any(labels.get("cnpg.io/cluster") == cluster for labels in pods)


def _terminal(twin: Twin, folder: Path) -> Terminal:
    """In a folder with the deployed configuration, and `pgtwin` on the path."""
    repository, programs = folder / "repository", folder / "bin"
    (repository / "config").mkdir(parents=True)
    programs.mkdir()
    (repository / "config/default.yaml").write_text(twin.pgtwin.config.read_text())
    pgtwin = str(Path(sys.executable).with_name("pgtwin"))
    command = shlex.join([sys.executable, *twin.ground.endpoints.program([pgtwin])])
    (programs / "pgtwin").write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    (programs / "pgtwin").chmod(0o755)
    environment = {
        **twin.pgtwin.environment,
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
    }
    return Terminal(repository, environment)


def _restored(player: Player, database: str) -> tuple[str, str | None]:
    """Whose database it is, and the heartbeat's table, which a restore as the owner leaves out."""
    login = player.login
    with psycopg.connect(
        host=login["PGHOST"],
        port=login["PGPORT"],
        user=login["PGUSER"],
        password=login["PGPASSWORD"],
        dbname=database,
    ) as connection:
        query = (
            "select pg_get_userbyid(datdba), to_regclass('pgtwin.heartbeat')::text"
            " from pg_database where datname = current_database()"
        )
        found = connection.execute(query).fetchone()
    assert found is not None
    return str(found[0]), found[1]
