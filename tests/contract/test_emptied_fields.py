"""What is left of a map or a list when its last entry is taken away."""

from collections.abc import Callable

import pytest

from tests.contract.side import Object, Side
from tests.contract.test_cluster_admission import CLUSTERS, cluster


def config_map(side: Side) -> Object:
    return side.config_map("here", key="1")


@pytest.mark.parametrize(
    ("kind", "make"), [("configmap", config_map), (CLUSTERS, cluster)], ids=["ConfigMap", "Cluster"]
)
@pytest.mark.parametrize(
    ("field", "full", "taken"),
    [
        ("annotations", {"pgtwin/x": "1"}, {"pgtwin/x": None}),
        ("labels", {"pgtwin/x": "1"}, {"pgtwin/x": None}),
        ("finalizers", ["pgtwin/x"], []),
    ],
    ids=["annotations", "labels", "finalizers"],
)
def test_an_emptied_part_of_the_metadata_is_left_out(
    side: Side, kind: str, make: Callable[[Side], Object], field: str, full: object, taken: object
) -> None:
    item = make(side)
    item["metadata"][field] = full
    assert side.create(item).exit_code == 0

    assert side.patch(kind, "here", {"metadata": {field: taken}}).exit_code == 0

    assert field not in side.get(kind, "here")["metadata"]


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_emptied_data_is_left_out(side: Side, kind: str) -> None:
    item = {**side.config_map("here", key="MQ=="), "kind": kind}
    assert side.create(item).exit_code == 0

    assert side.patch(kind.lower(), "here", {"data": {"key": None}}).exit_code == 0

    assert "data" not in side.get(kind.lower(), "here")
