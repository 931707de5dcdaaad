"""The list of standbys that a commit waits for, with the other region on it and without."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.errors import Refused
from host.writer.standby_list import checked, names_outside, needs_outside, without_outside

REGION = "site-dr"
THREE = {
    "method": "first",
    "number": 2,
    "standbyNamesPre": [REGION],
    "maxStandbyNamesFromCluster": 1,
    "dataDurability": "required",
    "failoverQuorum": True,
}
ONE = {
    "method": "first",
    "number": 1,
    "standbyNamesPre": [REGION],
    "maxStandbyNamesFromCluster": 0,
    "dataDurability": "required",
}
LOCAL = {"method": "any", "number": 1, "dataDurability": "required", "failoverQuorum": True}
sections = st.fixed_dictionaries(
    {"method": st.sampled_from(["any", "first"]), "number": st.integers(1, 4)},
    optional={
        "standbyNamesPre": st.sampled_from([[], [REGION]]),
        "standbyNamesPost": st.sampled_from([[], ["elsewhere"]]),
        "maxStandbyNamesFromCluster": st.integers(0, 4),
    },
)


@settings(max_examples=50)
@given(section=sections, instances=st.integers(1, 4))
def test_a_list_needs_the_region_where_no_instances_of_the_site_satisfy_it(
    section: dict[str, Any], instances: int
) -> None:
    """By trying all of them, as PostgreSQL does: so many of the names have to be there."""
    names = [f"site-{number}" for number in range(instances)]
    on_it = names[: section.get("maxStandbyNamesFromCluster", instances)]
    satisfied = any(
        len(there) >= section["number"]
        for size in range(len(on_it) + 1)
        for there in combinations(on_it, size)
    )

    assert needs_outside(section, instances) == (bool(names_outside(section)) and not satisfied)


@pytest.mark.parametrize(
    ("section", "instances"),
    [
        ({**THREE, "maxStandbyNamesFromCluster": None}, 3),
        ({**THREE, "maxStandbyNamesFromCluster": 2}, 3),
        ({**THREE, "method": "any", "number": 1}, 3),
        ({**ONE, "maxStandbyNamesFromCluster": 1}, 1),
    ],
)
def test_a_list_that_the_site_alone_can_satisfy_is_refused(
    section: dict[str, Any], instances: int
) -> None:
    with pytest.raises(Refused, match="without the other region"):
        checked(section, instances)


def test_a_list_that_names_nobody_outside_promises_nothing_and_is_no_matter_here() -> None:
    assert checked(LOCAL, 3) == LOCAL
    assert checked(None, 1) is None
    assert checked(THREE, 3) == THREE
    assert checked(ONE, 1) == ONE


@pytest.mark.parametrize(("section", "left"), [(THREE, LOCAL), (ONE, None)])
def test_without_the_region_the_list_is_that_of_every_other_mode(
    section: dict[str, Any], left: dict[str, Any] | None
) -> None:
    patch = without_outside(section)
    merged = None if patch is None else {**section, **patch}

    assert left == (merged and {key: value for key, value in merged.items() if value is not None})
