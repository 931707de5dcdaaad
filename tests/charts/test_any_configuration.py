"""Whatever the loader takes becomes objects that Kubernetes takes, by schema, name and label."""

import re
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from charts.manifests import synthesize
from tests.charts.test_manifest_schemas import CORE_GROUPS, pinned_schema
from tests.topology.any_configuration import configurations
from topology.site import SITES, SiteName
from topology.topology import Topology

KUBERNETES = "1.36"
_DNS_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
NAME = re.compile(rf"(?=.{{1,253}}\Z){_DNS_LABEL}(\.{_DNS_LABEL})*")
CRON_JOB_NAME = 52
"""Of a CronJob: its Jobs append up to 11 characters to it."""
LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


@cache
def _validator(api_version: str, kind: str) -> Any:
    return jsonschema.Draft202012Validator(pinned_schema(api_version, kind))


def _objects(topology: Topology, site: SiteName) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        for path in synthesize(topology, site, Path(folder)):
            yield from (found for found in YAML(typ="safe").load_all(path) if found)


def _labels(inside: Any) -> Iterator[str]:
    """Every value of every label and selector of an object."""
    if isinstance(inside, dict):
        for key, value in inside.items():
            if key in ("labels", "matchLabels") and isinstance(value, dict):
                yield from value.values()
            yield from _labels(value)
    elif isinstance(inside, list):
        for each in inside:
            yield from _labels(each)


def _problems(item: dict[str, Any]) -> Iterator[str]:
    name = item["metadata"]["name"]
    if not NAME.fullmatch(name) or (item["kind"] == "CronJob" and len(name) > CRON_JOB_NAME):
        yield f"name {name}"
    yield from (f"label {label}" for label in _labels(item) if not LABEL.fullmatch(label))
    if item["apiVersion"] in CORE_GROUPS:
        try:
            kubernetes_validate.validate(item, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield str(error)
        return
    found = _validator(item["apiVersion"], item["kind"]).iter_errors(item)
    yield from (f"{each.json_path}: {each.message}" for each in found)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(topology=configurations(), site=st.sampled_from(SITES))
def test_every_object_of_an_accepted_configuration_fits_its_kind(
    topology: Topology, site: SiteName
) -> None:
    items = list(_objects(topology, site))

    found = {
        f"{item['kind']} {item['metadata']['name']}": wrong
        for item in items
        if (wrong := list(_problems(item)))
    }
    assert found == {}
    whole = [
        (item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"])
        for item in items
    ]
    assert len(set(whole)) == len(whole)


@pytest.mark.parametrize(
    "changed",
    [
        {"metadata": {"name": "a_b"}},
        {"metadata": {"name": "a", "labels": {"x": "a" * 64}}},
        {"spec": {"instances": "two"}},
    ],
)
def test_an_object_that_does_not_fit_is_found(changed: dict[str, Any]) -> None:
    fits = {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "metadata": {"name": "a", "labels": {"x": "a" * 63}},
        "spec": {"instances": 1},
    }

    assert not list(_problems(fits))
    assert list(_problems({**fits, **changed}))
