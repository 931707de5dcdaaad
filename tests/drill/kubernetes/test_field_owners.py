"""Server-side apply over all small objects: laws, not examples."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from drill.kubernetes.objects.field_owners import FieldOwners
from drill.kubernetes.objects.field_paths import (
    core_list_keys,
    field_paths,
    from_fields_v1,
    merged,
    to_fields_v1,
    without,
)

names = st.sampled_from(["a", "b", "c"])
values = st.one_of(st.integers(0, 2), st.text("xy", max_size=2), st.booleans())
environments = st.lists(names, unique=True, min_size=1, max_size=3).map(
    lambda found: [{"name": name, "value": name} for name in found]
)
objects = st.recursive(
    values, lambda inner: st.dictionaries(names, inner, min_size=1, max_size=3), max_leaves=6
).flatmap(lambda spec: environments.map(lambda env: {"spec": {"x": spec, "env": env}}))


@given(objects)
def test_field_sets_survive_their_kubernetes_form(value: dict[str, Any]) -> None:
    paths = field_paths(value, core_list_keys)

    assert from_fields_v1(to_fields_v1(paths)) == paths


@given(objects, objects)
def test_applying_again_changes_nothing(live: dict[str, Any], applied: dict[str, Any]) -> None:
    owners = FieldOwners.of(None, core_list_keys)
    once, owners = owners.apply(live, applied, manager="me", force=True)

    twice, _ = owners.apply(once, applied, manager="me", force=False)

    assert twice == once


@given(objects, objects)
def test_an_apply_takes_back_all_that_the_same_manager_had_applied(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    made, owners = FieldOwners.of(None, core_list_keys).apply({}, first, manager="me", force=True)

    made, _ = owners.apply(made, second, manager="me", force=True)

    assert field_paths(made, core_list_keys) == field_paths(second, core_list_keys)


@given(objects)
def test_removing_all_fields_leaves_nothing(value: dict[str, Any]) -> None:
    assert without(value, field_paths(value, core_list_keys), core_list_keys) == {}


@given(objects, objects)
def test_merging_holds_every_applied_field(live: dict[str, Any], applied: dict[str, Any]) -> None:
    result = merged(live, applied, core_list_keys)

    assert field_paths(applied, core_list_keys) <= field_paths(result, core_list_keys)
