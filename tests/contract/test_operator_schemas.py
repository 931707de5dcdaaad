"""The schemas that hold the drill's API are those of the operators that a site runs."""

import json
import os

import pytest

from drill.kubernetes.objects.known_resources import CHART_RESOURCES
from drill.kubernetes.schemas.crd_schemas import absent_sources, pinned_schemas
from tests.contract.side import Side

OPERATORS = ("cloudnative-pg", "plugin-barman-cloud")
KINDS = [each for chart in OPERATORS for each in CHART_RESOURCES[chart]]


def test_every_kind_of_a_chart_has_its_schema_from_the_pinned_release() -> None:
    if absent_sources() and os.environ.get("CI") != "true":
        pytest.skip(f"{', '.join(absent_sources())} are not on this machine: run make schemas")

    charts = [each for kinds in CHART_RESOURCES.values() for each in kinds]
    assert {(each.api_version, each.kind) for each in charts} <= set(pinned_schemas())


@pytest.mark.usefixtures("process")
def test_a_kind_of_the_operators_is_served_under_its_names(side: Side) -> None:
    said = side.kubectl("get", "crd", "-o", "json")
    served = {
        (item["spec"]["group"], item["spec"]["names"]["kind"], item["spec"]["names"]["plural"])
        for item in json.loads(said.stdout)["items"]
    }

    assert {(each.group, each.kind, each.plural) for each in KINDS} <= served


@pytest.mark.usefixtures("process")
def test_their_scope_and_their_status_are_as_they_are_served(side: Side) -> None:
    said = side.kubectl("get", "crd", "-o", "json")
    found = {
        item["spec"]["names"]["kind"]: (
            item["spec"]["scope"] == "Namespaced",
            "status" in item["spec"]["versions"][0].get("subresources", {}),
        )
        for item in json.loads(said.stdout)["items"]
    }

    for each in KINDS:
        assert found[each.kind] == (each.namespaced, each.status), each.kind
