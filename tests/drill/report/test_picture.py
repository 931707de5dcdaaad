"""The README shows one picture of a report, small, and its readers are told how to refresh it."""

import sys
from pathlib import Path

import pytest

from drill.report.picture import main
from tests.golden import ROOT

PICTURE = "docs/report.png"
LARGEST_BYTES = 200 * 1024


def test_the_readme_shows_the_picture_and_says_how_it_is_made() -> None:
    picture = (ROOT / PICTURE).read_bytes()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert picture.startswith(b"\x89PNG")
    assert len(picture) <= LARGEST_BYTES
    assert f"]({PICTURE})" in readme
    assert "`make picture`" in readme
    assert PICTURE in (ROOT / "docs/contributing.md").read_text(encoding="utf-8")
    assert f"drill.report.picture build/drill/report.html {PICTURE}" in (
        ROOT / "Makefile"
    ).read_text(encoding="utf-8")


def test_without_a_report_it_says_which_drill_writes_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: "chromium")
    monkeypatch.setattr(sys, "argv", ["picture", str(tmp_path / "none.html"), "x.png"])

    assert main() == 2
    assert capsys.readouterr().err.endswith("- run: make drill SCENARIO=region-lost\n")
