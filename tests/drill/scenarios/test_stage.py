"""What a scenario is told where nothing answers in time: late, and never an answer of its own."""

import ast
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from drill.ground_site import NoAnswer, Ran, StatementRefused
from drill.grounds.embedded_databases import EmbeddedDatabases
from drill.operator.instance import Instance
from drill.scenarios.stage import Stage
from drill.twin import Twin
from host.errors import Failed, Locked, Refused, TimedOut
from host.kubernetes.backups import BEGUN, OVER
from topology.load import load

SCENARIOS = sorted((Path(__file__).parents[3] / "drill/scenarios").glob("*.py"))
GIVES_UNKNOWN = {"ask", "newest", "cluster", "status", "resolve", "endpoint"}
"""What answers with None, 0 or nothing where nobody answers: for waiting, not for expecting."""


@dataclass
class Site:
    """Answers what it is given; nothing at all otherwise."""

    ran: Ran | None = None
    rows_held: list[tuple[Any, ...]] | None = None
    held: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def databases(self) -> "Site":
        return self

    @property
    def objects(self) -> "Site":
        return self

    def run_verb(self, _: Sequence[str]) -> Ran | None:
        return self.ran

    def rows(self, _: str) -> list[tuple[Any, ...]]:
        if self.rows_held is None:
            raise NoAnswer("no answer")
        return self.rows_held

    def get(self, kind: str, _: str) -> dict[str, Any] | None:
        return next(iter(self.held.get(kind, [])), None)

    def list(self, kind: str) -> list[dict[str, Any]]:
        return self.held.get(kind, [])


def stage(site: Site, work: Path = Path()) -> Stage:
    topology = load(Path("config/default.yaml"))
    twin = SimpleNamespace(sites={"primary": site}, topology=topology, work=work)
    return Stage(twin=cast(Twin, twin), folder=work, tell=print)


def ended(exit_code: int, **document: object) -> Site:
    return Site(ran=Ran(exit_code=exit_code, stdout=json.dumps(document), stderr="it says why"))


def test_what_is_expected_of_an_answer_waits_for_none() -> None:
    with pytest.raises(NoAnswer):
        stage(Site()).answer("primary", "SELECT 1")

    assert stage(Site(rows_held=[(7,)])).answer("primary", "SELECT 1") == 7


def test_what_is_awaited_may_not_answer_yet() -> None:
    assert stage(Site()).ask("primary", "SELECT 1") is None


def test_a_cluster_that_is_not_seen_asks_for_nothing_and_has_no_leader() -> None:
    with pytest.raises(NoAnswer):
        stage(Site()).spec("primary")
    with pytest.raises(NoAnswer):
        stage(Site(held={"Cluster": [{"status": {}}]})).leader("primary")


@pytest.mark.parametrize("late", [TimedOut.exit_code, Locked.exit_code])
def test_a_verb_that_timed_out_or_found_the_lock_taken_is_late(late: int) -> None:
    with pytest.raises(TimeoutError, match="it says why"):
        stage(ended(late)).verb("primary", "fence")


@pytest.mark.parametrize("exit_code", [0, Refused.exit_code, Failed.exit_code])
def test_a_verb_that_came_to_an_end_is_judged_by_the_scenario(exit_code: int) -> None:
    assert stage(ended(exit_code)).verb("primary", "fence").exit_code == exit_code


def test_a_part_of_the_status_that_could_not_be_read_is_no_answer() -> None:
    assert stage(ended(0, postgres={"lsn": "0/1"})).host_status("primary", "postgres")

    unread = ended(0, postgres=None, errors={"postgres": "psql timed out"})
    with pytest.raises(NoAnswer, match="psql"):
        stage(unread).host_status("primary", "postgres")


@pytest.mark.parametrize("phase", ["", "pending", "walArchivingFailing", *BEGUN])
def test_a_base_backup_is_under_way_until_its_last_phase(phase: str) -> None:
    over = [{"status": {"phase": each}} for each in OVER]
    under_way = {"status": {"phase": phase} if phase else {}}

    assert not stage(Site(held={"Backup": over})).backs_up("primary")
    assert stage(Site(held={"Backup": [*over, under_way]})).backs_up("primary")


def test_only_the_last_run_of_a_command_is_read(tmp_path: Path) -> None:
    log = "$ pgtwin failback --x\nold\n$ pgtwin failback --y\nfirst\nnext\n$ pgtwin status\nno\n"
    (tmp_path / "pgtwin.log").write_text(log)

    assert stage(Site(), tmp_path).said_by("failback") == ["first", "next"]
    assert stage(Site(), tmp_path).said_by("switchover") == []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (psycopg.errors.UndefinedTable("no such table"), StatementRefused),
        (psycopg.errors.ReadOnlySqlTransaction("read-only"), StatementRefused),
        (psycopg.errors.QueryCanceled("statement timeout"), NoAnswer),
        (psycopg.errors.CannotConnectNow("starting up"), NoAnswer),
    ],
)
def test_a_refused_statement_is_told_from_no_answer(
    error: psycopg.Error, kind: type[NoAnswer]
) -> None:
    class Leader:
        name, running = "postgres-cluster-1", True

        def query(self, *_: object) -> list[tuple[Any, ...]]:
            raise error

    leader = cast(Instance, Leader())
    databases = EmbeddedDatabases(leader=lambda _: leader, cluster="c", database="d")

    with pytest.raises(NoAnswer) as raised:
        databases.rows("SELECT 1")

    assert raised.type is kind


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_nothing_is_expected_of_what_may_be_unknown(path: Path) -> None:
    calls = [each for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, ast.Call)]
    expected = [
        inner.func.attr
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "expect"
        for inner in ast.walk(call)
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute)
    ]

    assert not GIVES_UNKNOWN & set(expected)
