"""The page of `pgtwin report`: what is known, and why the rest is not. No AWS: only its answers."""

import base64
import html
import json
import re
import shutil
import subprocess
from array import array
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pgtwin.aws.verifications import Verification
from pgtwin.errors import SiteUnreachable
from pgtwin.report.alarm_states import alarm_states
from pgtwin.report.assembly import assemble
from pgtwin.report.document import Report
from pgtwin.report.lag import METRIC, STEP, STEPS, first_step
from pgtwin.report.page import render
from tests.golden import ROOT
from tests.pgtwin.site_parts import parts
from tests.waiting import HANGS_SECONDS
from topology.alarms import ALARMS, raised_by_cloudwatch
from topology.load import load
from topology.names import Names
from topology.site import SITES, SiteName

TOPOLOGY = load(ROOT / "config/default.yaml")
NOW = datetime(2026, 11, 26, 10, 2, 3, tzinfo=UTC)
LOST = SiteUnreachable("read the alarms of primary: no answer within 7 s")


def _state(site: SiteName) -> dict[str, Any]:
    writes = site == "primary"
    return {
        "role": "writer" if writes else "replica",
        "accepts_writes": writes,
        "healthy": True,
        "fenced": False,
        "following": not writes,
        "server_name": TOPOLOGY.site(site).cluster,
        "timeline": 1,
        "heartbeat_age_seconds": 8.0 if writes else 41.0,
    }


def _seen(**sites: dict[str, Any]) -> dict[str, Any]:
    """The document of `pgtwin status`, with other parts of some sites."""
    record = {"writer": "primary", "epoch": 3}
    well = {
        name: {
            "state": _state(name),
            **parts(name),
            "record": record,
            "alias": "primary",
            "unknown": {},
        }
        for name in SITES
    }
    return {
        "verdict": "primary writes; failover ready; RPO now: at most 41 s (archive)",
        "good": True,
        "record": record,
        "sites": {name: {**well[name], **sites.get(name, {})} for name in SITES},
    }


def _answers(**changed: Any) -> dict[str, Any]:
    """What else was asked; `lag_of_dr=...` replaces one answer."""
    answers: dict[str, Any] = {}
    for name in SITES:
        answers[f"lag of {name}"] = _points(41.0 if name == "dr" else 8.0)
        answers[f"alarms of {name}"] = _alarms(name)
        answers[f"verifications of {name}"] = (
            Verification(began_at=NOW - timedelta(days=2), passed=True),
            Verification(began_at=NOW - timedelta(days=9), passed=False),
        )
    return answers | {name.replace("_", " "): answer for name, answer in changed.items()}


def _points(seconds: float, steps: int = STEPS) -> dict[datetime, float]:
    first = first_step(NOW)
    return {first + STEP * number: seconds for number in range(steps)}


def _alarms(site: SiteName, **states: str) -> dict[str, str]:
    machines = [f"{node}-{check}-check" for node in TOPOLOGY.nodes(site) for check in _CHECKS]
    names = [*(name for name, *_ in raised_by_cloudwatch("archive")), *machines]
    given = {name.replace("_", "-"): state for name, state in states.items()}
    return {TOPOLOGY.names.alarm(site, name): given.get(name, "OK") for name in names}


_CHECKS = ("system", "instance")
NARROWEST = 500
"""Of a window that this browser opens."""


def _report(seen: Mapping[str, Any] | None = None, **answers: Any) -> Report:
    return assemble(
        TOPOLOGY, seen or _seen(), _answers(**answers), configuration="mine.yaml", now=NOW
    )


def _section(report: Report, name: str) -> str:
    """What a reader reads in one section."""
    found = re.search(rf'<section[^>]* id="{name}">(.*?)</section>', render(report), re.DOTALL)
    assert found, name
    shown = re.sub(r"<(script|style)\b.*?</\1>", "", found[1], flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", shown)).split())


def _plotted(report: Report) -> dict[str, list[float | None]]:
    """The values of each line in the plot, by its name."""
    drawn = re.search(
        r'Plotly\.newPlot\(\s*"plot-lag",\s*(\[.*?\]),\s*\{"', render(report), re.DOTALL
    )
    assert drawn
    return {each["name"]: _values(each["y"]) for each in json.loads(drawn[1])}


def _values(drawn: Any) -> list[float | None]:
    """Plotly writes an array of numbers as the base64 of its bytes."""
    if isinstance(drawn, list):
        return drawn
    return list(array("d", base64.b64decode(drawn["bdata"])))


def test_two_sites_that_are_well_leave_nothing_to_look_at() -> None:
    report = _report()

    assert (report.well, report.raised, report.unknown) == (True, (), {})
    assert "failover ready" in _section(report, "verdict")
    state = _section(report, "state")
    for shown in ("8 h old", "2026-10-27T02:03:11Z", "6 h old", "2 d ago", "23 %", "3 of 3 ready"):
        assert state.count(shown) == len(SITES), shown
    assert "311 days" in _section(report, "certificates")
    assert re.search(r"Total [1-9][\d,.]+", _section(report, "cost"))


def test_the_lag_of_each_site_is_plotted_over_the_day() -> None:
    plotted = _plotted(_report())

    assert plotted == {"primary (writer)": [8.0] * STEPS, "dr (replica)": [41.0] * STEPS}


def test_time_without_a_value_is_a_gap_and_is_said() -> None:
    report = _report(lag_of_dr=_points(41.0, steps=STEPS - 12), lag_of_primary={})

    assert _plotted(report)["dr (replica)"][-12:] == [None] * 12
    told = _section(report, "lag")
    assert "dr : worst 41 s, median 41 s, unknown for 1 h 0 min, because nothing" in told
    assert f"primary : unknown, because the site published no {METRIC} in the last day" in told
    assert not report.well


@pytest.mark.parametrize("site", SITES)
def test_alarms_of_a_system_whose_name_begins_like_this_ones_are_not_its_own(
    site: SiteName,
) -> None:
    own = {**_alarms(site), TOPOLOGY.names.alarm(site, "of-an-older-catalogue"): "OK"}
    others = {
        Names(TOPOLOGY.names.alarm(site, more).rstrip("-")).alarm(each, alarm): "ALARM"
        for more in ("", "2", "primary", "dr-2")
        for each in SITES
        for alarm in (*ALARMS, "server-1-system-check")
    }

    shown = alarm_states(TOPOLOGY, site, {**own, **others})

    assert {TOPOLOGY.names.alarm(site, each.name) for each in shown} == {*own}


def test_a_raised_alarm_comes_first_with_its_meaning_and_its_runbook() -> None:
    states = _alarms("dr", heartbeat_age="ALARM", dump_age="INSUFFICIENT_DATA")
    del states[TOPOLOGY.names.alarm("dr", "evidence-age")]
    report = _report(alarms_of_dr=states)

    assert report.raised == ("dr: heartbeat-age",)
    assert report.unknown == {
        "dr: alarm evidence-age": "it is not deployed",
        "dr: alarm dump-age": "CloudWatch has no data for it",
    }
    told = _section(report, "alarms").partition(" dr ")[2]
    assert told.startswith("raised heartbeat-age (critical) The writer's heartbeat does not arrive")
    assert "docs/runbooks/heartbeat-age.md" in told
    assert "unknown, because it is not deployed evidence-age" in told


def test_verified_restores_are_listed_the_newest_first_and_none_is_said() -> None:
    report = _report(verifications_of_primary=())

    told = _section(report, "verifications")
    assert "primary no verification has ended yet - run: pgtwin verify" in told
    assert "dr 2026-11-24 10:02 UTC passed 2026-11-17 10:02 UTC failed" in told


def test_a_dead_region_is_unknown_everywhere_with_the_reason() -> None:
    gone = {"unreachable": "the region is lost", "unknown": {"record": "no", "alias": "no"}}
    seen = _seen()
    seen["sites"]["primary"] = {**gone, "record": None, "alias": None}
    lost = {f"{part}_of_primary": LOST for part in ("lag", "alarms", "verifications")}

    report = _report({**seen, "good": False}, **lost)

    assert not [what for what in report.unknown if what.startswith("dr: ")]
    assert report.unknown["primary: role"] == "of this error: the region is lost"
    for section in ("lag", "alarms", "verifications"):
        told = _section(report, section)
        assert f"unknown, because pgtwin could not {LOST}" in told, section
    for section in ("state", "certificates", "machines"):
        told = _section(report, section)
        assert "unknown, because of this error: the region is lost" in told, section
    assert _section(report, "state").count("region is lost") == 1, "one reason for all lines"
    assert _plotted(report).keys() == {"dr (replica)"}


def test_what_a_site_that_answers_leaves_out_is_unknown_for_its_own_reason() -> None:
    said: dict[str, Any] = {
        "base_backups": None,
        "volumes": [],
        "errors": {"base backups": "S3 refuses"},
    }
    report = _report(_seen(dr=said))

    assert report.unknown == {
        "dr: base backup": "of this error: S3 refuses",
        "dr: restorable from": "of this error: S3 refuses",
        "dr: fullest volume": "the site's answer does not have it",
    }


def test_a_price_that_is_missing_leaves_the_cost_unknown() -> None:
    changed = TOPOLOGY.dr.model_copy(update={"instance_type": "z9.large"})
    topology = TOPOLOGY.model_copy(update={"dr": changed})

    report = assemble(topology, _seen(), _answers(), configuration="mine.yaml", now=NOW)

    assert "unknown, because the price table" in _section(report, "cost")


def test_needs_no_network() -> None:
    page = re.sub(r"<script>.*?</script>", "", render(_report()), count=1, flags=re.DOTALL)

    assert not re.search(r"(src|href)=[\"'](?!data:)", page)


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs Debian's chromium")
@pytest.mark.parametrize("width", [1280, NARROWEST])
def test_a_browser_draws_the_plot_within_the_page_and_reports_no_error(
    tmp_path: Path, width: int
) -> None:
    page = tmp_path / "report.html"
    page.write_text(render(_report()), encoding="utf-8")

    dom = subprocess.run(
        [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *("--enable-logging=stderr", f"--user-data-dir={tmp_path / 'profile'}"),
            *(f"--window-size={width},900", "--virtual-time-budget=5000", "--dump-dom"),
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=HANGS_SECONDS,
        check=True,
    )

    drawn = dom.stdout[dom.stdout.index('id="plot-lag"') :][:3000]
    found = re.search(r'class="main-svg"[^>]*?width="([0-9.]+)"', drawn)
    assert found
    assert 200 < float(found[1]) < width
    assert "CONSOLE" not in dom.stderr
