"""Every object that is shipped, and of whatever the loader takes, is admitted by either side.

What is wrong by one value is refused. By server-side dry run, as the host program tries everything
first: the schemas, Kubernetes' own rules, the operator's webhooks and the plugin's kinds.
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host.kubernetes.kubectl_failed import Failure, KubectlFailed
from tests.contract.shipped_objects import CONFIGURATIONS, objects_of, one, shipped_objects
from tests.contract.side import Object, Side, failed
from tests.contract.wrong_neighbours import CLUSTER, FIXED, INVALID, UNTYPED, changed
from tests.topology.any_configuration import configurations
from topology.site import SITES, SiteName
from topology.topology import Topology


@pytest.fixture(scope="module")
def namespaces() -> set[int]:
    """Of which sides have the namespaces already."""
    return set()


@pytest.fixture
def site(side: Side, namespaces: set[int]) -> Side:
    """A side with the namespaces that the objects are in."""
    if id(side.run) not in namespaces:
        namespaces.add(id(side.run))
        for item in shipped_objects("default", "primary"):
            if item["kind"] == "Namespace":
                said = side.apply(item)
                assert said.exit_code == 0, said.stderr
    return side


def assert_admitted(site: Side, items: Sequence[Object]) -> None:
    """All of them, by a dry run, with one line for each."""
    said = site.apply({"apiVersion": "v1", "kind": "List", "items": items}, "--dry-run=server")

    assert (said.exit_code, said.stderr) == (0, "")
    assert len(said.stdout.splitlines()) == len(items)


@pytest.mark.usefixtures("process")
@pytest.mark.parametrize("name", SITES)
@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_every_object_that_is_shipped_is_admitted(
    site: Side, configuration: str, name: SiteName
) -> None:
    assert_admitted(site, shipped_objects(configuration, name))


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
@pytest.mark.usefixtures("process")
@given(topology=configurations(), name=st.sampled_from(SITES))
def test_every_object_of_whatever_the_loader_takes_is_admitted(
    site: Side, topology: Topology, name: SiteName
) -> None:
    assert_admitted(site, objects_of(topology, name))


@pytest.mark.parametrize(("kind", "path", "value", "told"), UNTYPED)
def test_a_body_that_does_not_fit_the_kind_is_refused(
    site: Side, kind: str, path: tuple[Any, ...], value: Any, told: str
) -> None:
    said = site.apply(changed(kind, path, value), "--dry-run=server")

    where = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in path)
    assert said.exit_code == 1
    assert said.stderr.startswith("Error from server: failed to create typed patch object (")
    assert said.stderr.endswith(f"Kind={kind}): {where}: {told}\n")


@pytest.mark.parametrize(("item", "told"), INVALID, ids=[told[-60:] for _, told in INVALID])
def test_a_value_that_makes_no_sense_is_refused(site: Side, item: Object, told: str) -> None:
    said = site.apply(item, "--dry-run=server")

    assert said.exit_code == 1
    assert said.stderr.startswith(f'The {item["kind"]} "{item["metadata"]["name"]}" is invalid: ')
    assert said.stderr.endswith(f"{told}\n")
    assert KubectlFailed("", said.stderr).failure is Failure.REFUSED


@pytest.mark.parametrize("name", FIXED)
def test_a_setting_that_is_the_operator_s_alone_is_refused(site: Side, name: str) -> None:
    said = site.apply(
        changed("Cluster", ("spec", "postgresql", "parameters", name), FIXED[name]),
        "--dry-run=server",
    )

    assert said == failed(
        f'{CLUSTER}spec.postgresql.parameters.{name}: Invalid value: "{FIXED[name]}": Can\'t set '
        "fixed configuration parameter"
    )


def test_a_create_with_a_field_that_nobody_knows_is_refused(side: Side) -> None:
    item = side.config_map("a") | {"newField": 1}

    said = side.create(item)

    assert KubectlFailed("", said.stderr).failure is Failure.REFUSED
    assert 'strict decoding error: unknown field "newField"' in said.stderr


@pytest.mark.usefixtures("process")
@pytest.mark.parametrize("kind", ["Cluster", "ScheduledBackup"])
def test_a_merge_patch_drops_a_field_that_nobody_knows(side: Side, kind: str) -> None:
    item = deepcopy(one(kind))
    item["metadata"]["namespace"] = side.namespace
    side.create(item)
    name = item["metadata"]["name"]

    said = side.patch(kind, name, {"spec": {"newField": 1}})

    assert said.exit_code == 0, said.stderr
    assert "newField" not in side.get(kind, name)["spec"]


@pytest.mark.usefixtures("process")
def test_a_merge_patch_with_a_value_of_another_type_is_refused(side: Side) -> None:
    item = deepcopy(one("Cluster"))
    item["metadata"]["namespace"] = side.namespace
    side.create(item)

    said = side.patch("Cluster", item["metadata"]["name"], {"spec": {"instances": "two"}})

    assert said.exit_code == 1
    assert KubectlFailed("", said.stderr).failure is Failure.REFUSED
