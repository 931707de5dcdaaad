"""A machine without the custom resources' schemas says so."""

from pathlib import Path

import pytest

from drill.kubernetes.schemas.crd_schemas import SOURCES, absent_sources, unchecked_sentence
from drill.rig.parts.build import chosen
from drill.rig.parts.cache import CACHE_VARIABLE
from drill.rig.parts.part import keys


def test_a_report_names_the_projects_whose_schemas_are_not_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))

    assert absent_sources() == SOURCES
    assert "cert-manager" in unchecked_sentence()
    assert unchecked_sentence().endswith("run: make schemas")


def test_a_report_says_nothing_of_schemas_that_are_all_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    for name, key in keys(chosen(SOURCES)).items():
        (tmp_path / f"{name}-{key}").mkdir()

    assert not unchecked_sentence()
