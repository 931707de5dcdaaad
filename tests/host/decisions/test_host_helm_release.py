"""Of which state of a HelmChart a release is."""

import base64
from typing import Any

import pytest

from host.apply.helm_release import is_of

LABEL = "helmcharts.helm.cattle.io/configHash"
CHART = {"spec": {"version": "2.0.0", "valuesContent": "replicas: 2\n"}}


def job(**environment: str) -> dict[str, Any]:
    told = {"VERSION": "2.0.0", "CONFIG_HASH": "new", **environment}
    container = {"name": "helm", "env": [{"name": key, "value": told[key]} for key in told]}
    return {"spec": {"template": {"spec": {"containers": [container]}}}}


def release(label: str | None = "new") -> dict[str, Any]:
    labels = {"status": "deployed", **({LABEL: label} if label else {})}
    return {"metadata": {"labels": labels}}


def values(content: str = "replicas: 2\n") -> dict[str, Any]:
    return {"data": {"HelmChartValuesContent": base64.b64encode(content.encode()).decode()}}


def test_a_release_with_the_hash_of_the_job_that_was_made_for_the_chart_is_of_it() -> None:
    assert is_of(release(), CHART, job(), values())


@pytest.mark.parametrize(
    ("found", "made", "written"),
    [
        (release("old"), job(), values()),
        (release(None), job(), values()),
        (release("old"), job(VERSION="1.0.0", CONFIG_HASH="old"), values()),
        (release("old"), job(CONFIG_HASH="old"), values("replicas: 1\n")),
        (release(), None, values()),
    ],
    ids=[
        "the release before",
        "of somebody else",
        "the chart's version was not seen yet",
        "its values were not seen yet",
        "its job is being replaced",
    ],
)
def test_any_other_release_is_of_another_state(
    found: dict[str, Any], made: dict[str, Any] | None, written: dict[str, Any]
) -> None:
    assert not is_of(found, CHART, made, written)
