"""The screens in the documents are what the commands show."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from drill.report.document import ScenarioResult
from drill.view import View
from pgtwin.__main__ import app
from pgtwin.commands.carry_out import ask
from pgtwin.commands.explain import explain
from pgtwin.commands.status_table import status_text
from pgtwin.errors import PlanRefused
from pgtwin.failover import failover
from pgtwin.site_state import SiteState
from pgtwin.verdict import verdict
from tests.golden import ROOT, expect_screen
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.world import first_world
from tests.pgtwin.read_copies import read_everywhere
from topology.site import SITES, SiteName

OPERATE, FAILOVER, DRILL = (
    ROOT / f"docs/{name}.md" for name in ("operate", "failover", "drill-real")
)


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


def _state(site: SiteName) -> dict[str, Any]:
    writes = site == "primary"
    return {
        "site": site,
        "role": "writer" if writes else "replica",
        "accepts_writes": writes,
        "healthy": True,
        "fenced": False,
        "following": not writes,
        "server_name": "postgres-cluster" if writes else "postgres-cluster-dr",
        "timeline": 1,
        "heartbeat_age_seconds": 8.0 if writes else 41.0,
    }


def _site(site: SiteName) -> dict[str, Any]:
    """What the host program and AWS say of a site on a quiet day."""
    writes = site == "primary"
    return {
        "state": _state(site),
        "region": "eu-west-1" if writes else "eu-west-2",
        "cluster": {"ready_instances": 3, "instances": 3} if writes else _ONE,
        "postgres": {
            "last_archived_segment": "0000000100000000000000A4" if writes else None,
            "lsn": "0/A5000D28" if writes else "0/A4FFFFF0",
            "archive_backlog_segments": 0,
            "archive_wait_seconds": 0.0,
            "transaction_id_age": 1_000,
            "connections_used_percent": 5.0,
        },
        "base_backups": {
            "newest_age_seconds": 9.5 * 3600 if writes else 8.5 * 3600,
            "restorable_from": "2026-10-23T02:03:11Z" if writes else "2026-10-24T03:02:40Z",
        },
        "dumps": {"newest_age_seconds": 7.4 * 3600},
        "etcd_snapshots": {"newest_age_seconds": 3.2 * 3600},
        "evidence": {"newest_at": "2026-11-22T06:41:00Z", "age_seconds": 2.2 * 86400},
        "volumes": [{"used_percent": 23.4 if writes else 22.8}],
        "certificates": [{"name": "k3s serving", "days_left": 311.0}],
        "nodes": [{"version": "v1.36.4+k3s1"}],
        "record": {"writer": "primary", "epoch": 3},
        "alias": "primary",
        "unknown": {},
    }


_ONE = {"ready_instances": 1, "instances": 1}


def test_status(refresh: bool) -> None:
    sites = {name: _site(name) for name in SITES}
    states = {name: SiteState(**_state(name)) for name in SITES}
    judged = verdict(states, read_everywhere(None), "primary")

    shown = status_text({"verdict": judged.text, "sites": sites})

    expect_screen(OPERATE, "status", shown, refresh=refresh)


def test_status_names_a_machine_that_takes_no_new_pods_and_the_next_command() -> None:
    sites = {name: _site(name) for name in SITES}
    sites["primary"]["nodes"] = [
        {"name": "agent-1", "version": "v1", "cordoned_by": "vacate"},
        {"name": "agent-2", "version": "v1", "cordoned_by": "other"},
        {"name": "agent-3", "version": "v1", "cordoned_by": None},
    ]

    shown = status_text({"verdict": "", "sites": sites})

    assert "agent-1 of primary takes no new pods" in shown
    assert "\npgtwin replace --site primary --machine agent-1" in shown
    assert "agent-2 of primary takes no new pods" in shown
    assert "kubectl uncordon agent-2" in shown
    assert "agent-3" not in shown


def test_status_names_a_machine_that_does_not_have_all_of_the_newest_bundle() -> None:
    sites = {name: _site(name) for name in SITES}
    known = {"version": "v1", "ready": True, "k3s_waits": False}
    sites["primary"]["bundle"] = "new"
    sites["primary"]["nodes"] = [
        {**known, "name": "agent-1", "bundle": "old"},
        {**known, "name": "agent-2", "bundle": "new", "k3s_waits": True},
        {**known, "name": "agent-3", "bundle": "new"},
        {**known, "name": "agent-4", "bundle": None, "ready": False},
    ]

    shown = status_text(
        {"verdict": "", "records_agree": True, "records_are_rivals": False, "sites": sites}
    )

    assert "agent-1 of primary has an older bundle; on it, run: sudo pgtwin-host refresh" in shown
    assert "agent-2 of primary has new settings of k3s" in shown
    assert "agent-3" not in shown
    assert "agent-4" not in shown


def test_status_names_a_tablespace_that_a_standby_does_not_have() -> None:
    sites = {name: _site(name) for name in SITES}
    sites["primary"]["standbys"] = {"tablespaces": ["far in /var/lib/postgresql/data/far"]}
    sites["dr"]["standbys"] = None

    shown = " ".join(status_text({"verdict": "", "sites": sites}).split())

    assert "primary has the tablespace far in /var/lib/postgresql/data/far, outside PGDATA" in shown
    assert "dr has" not in shown


def test_the_question_of_a_failover(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], refresh: bool
) -> None:
    """Asked of the protocol model's sites, and answered with another word."""
    monkeypatch.setattr("sys.stdin", Terminal("no\n"))
    run = model_run(Cell(first_world(), Oracle((), 0)), what="failover", confirm=ask)
    check, *_ = failover(run, "dr", cluster="postgres-cluster-dr", lose_up_to_seconds=None).steps

    with pytest.raises(PlanRefused) as refused:
        check.act()

    captured = capsys.readouterr()
    told = explain(refused.value)
    assert told
    shown = f"{captured.err.strip()}{captured.out.rstrip()} no\npgtwin: {told[0]}"
    expect_screen(FAILOVER, "question", shown, refresh=refresh)


def test_the_plan_of_a_failover(refresh: bool) -> None:
    config = str(ROOT / "config/default.yaml")

    shown = CliRunner().invoke(app, ["failover", "--to", "dr", "--dry-run", "--config", config])

    assert shown.exit_code == 0
    expect_screen(FAILOVER, "plan", shown.stdout, refresh=refresh)


@pytest.mark.parametrize(
    ("command", "page"),
    [("switchover --to dr", "switchover.md"), ("failback --site primary --stay", "failback.md")],
)
def test_a_page_lists_the_steps_of_its_plan(command: str, page: str) -> None:
    config = str(ROOT / "config/default.yaml")
    table = (ROOT / "docs" / page).read_text().partition("| step | what it changes |")[2]

    shown = CliRunner().invoke(app, [*command.split(), "--dry-run", "--config", config])

    steps = re.findall(r"^\d+\. (.+)$", shown.stdout, re.M)
    listed = re.findall(r"^\| ([^|]+) \|", table.partition("\n\n")[0], re.M)
    assert listed == ["---", *steps]


def test_the_end_of_a_drill(refresh: bool) -> None:
    file = io.StringIO()
    with View(lambda: None, file) as view:
        for result in _results():
            view.end(result)

    table = [line for line in file.getvalue().splitlines() if " s  " not in line[:9]]
    expect_screen(DRILL, "end", "\n".join(table), refresh=refresh)


def _results() -> list[ScenarioResult]:
    figures = (("follows", 6.1, 15), ("switchover", 8.6, 30), ("region-lost", 7.5, 60))
    return [
        ScenarioResult(
            name=name,
            sentence="",
            outcome="kept",
            bound_seconds=bound,
            measured_seconds=measured,
            lost=2 if name == "region-lost" else 0,
            phantom=0,
            duration_seconds=20,
        )
        for name, measured, bound in figures
    ]


def test_every_screen_of_a_document_is_captured_here() -> None:
    named = {"status", "question", "plan", "end"}
    shown = [
        line.split()[2]
        for page in Path(ROOT / "docs").rglob("*.md")
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith("<!-- screen: ")
    ]

    assert sorted(shown) == sorted(named)
