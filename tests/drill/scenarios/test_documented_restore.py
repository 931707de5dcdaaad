"""Every command of docs/restore.md, word for word, on both regions.

Only the moment and the dump's id are put in the place of the document's. `kubectl` is played by the
site's own API.
"""

import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from drill.twin import Twin
from drill.waiting import wait_for
from tests.drill.scenarios.conftest import Rehearsals
from topology.site import SITES

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drill")]

_BLOCK = re.compile(r"^```console aws\n(.*?)^```", re.M | re.S)
_COMMANDS = [
    line.removeprefix("$ ")
    for block in _BLOCK.findall(Path("docs/restore.md").read_text(encoding="utf-8"))
    for line in block.splitlines()
]
_KUBECTL = ["sudo", "k3s", "kubectl", "--namespace", "postgres"]


class Player:
    """One person at one shell."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        owner = twin.topology.database.owner
        client = twin.sites["primary"].databases.client()
        assert client is not None
        self.login = {**client, "PGUSER": owner, "PGPASSWORD": twin.password(owner)}
        self._dump = twin.pgtwin("dump", "list")["primary"][-1]
        self._at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def play(self, command: str) -> Any:
        """What the command answers; it fails where the command does."""
        today = re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", self._at, command)
        words = shlex.split(re.sub(r"\d{8}T\d{6}Z", self._dump, today))
        if words[: len(_KUBECTL)] == _KUBECTL:
            verb, kind, name = words[len(_KUBECTL) :]
            assert verb == "delete"
            return self._twin.sites["primary"].objects.delete(kind.capitalize(), name)
        assert words.pop(0) == "pgtwin"
        return self._twin.pgtwin(*words, extra=self.login)


@pytest.fixture
def player(rehearsals: Rehearsals) -> Iterator[Player]:
    """On sites that have base backups and a dump; removes the database that was restored."""
    twin = rehearsals.twin

    def backed_up() -> bool:
        return all(
            any(each.get("status", {}).get("phase") == "completed" for each in found)
            for found in (twin.sites[name].objects.list("Backup") for name in SITES)
        )

    wait_for(backed_up, 300, "the first base backups")
    twin.pgtwin("dump", "now", "--site", "primary")
    yield Player(twin)
    twin.sites["primary"].databases.run("drop database if exists app_db_before with (force)")


def test_every_command_of_the_document_does_what_it_says(
    rehearsals: Rehearsals, player: Player
) -> None:
    twin = rehearsals.twin
    clusters = twin.sites["primary"].objects
    found: dict[str, Any] = {}

    for command in _COMMANDS:
        found[command] = player.play(command)
        if command.startswith("pgtwin restore "):
            (restored,) = twin.sites["primary"].databases.rows(
                "select count(*) from pgtwin.heartbeat", cluster="before-the-mistake"
            )
            assert restored != (0,)

    assert clusters.get("Cluster", "before-the-mistake") is None
    assert (twin.work / "dump" / "SHA256SUMS").is_file()
    assert _restored(player, "app_db_before") == (twin.topology.database.owner, None)
    verified = [each for command, each in found.items() if command.startswith("pgtwin verify")]
    assert len(verified) == 2
    assert "false" not in str(verified).lower()


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
