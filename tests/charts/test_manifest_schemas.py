"""Every manifest is what the API server, or the operator's CRD, accepts: unknown fields refused."""

import os
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from drill.kubernetes.schemas.crd_schemas import pinned_schemas
from topology.site import SITES
from topology.versions import Versions

CORE_GROUPS = ("v1", "apps/v1", "batch/v1", "networking.k8s.io/v1", "storage.k8s.io/v1")
CUSTOM = (
    ("helm.cattle.io/v1", "HelmChart"),
    ("barmancloud.cnpg.io/v1", "ObjectStore"),
    ("postgresql.cnpg.io/v1", "Cluster"),
    ("postgresql.cnpg.io/v1", "ScheduledBackup"),
    ("postgresql.cnpg.io/v1", "Pooler"),
    ("monitoring.coreos.com/v1", "PodMonitor"),
    ("monitoring.coreos.com/v1", "PrometheusRule"),
)
CONFIGURATIONS = ("default", "ha", "lab")


@pytest.fixture(scope="module")
def objects(manifests: Any, make: Any, configuration: Any) -> list[dict[str, Any]]:
    """Those of both sites of every shipped configuration, one with a pooler, one that streams."""
    pooled = configuration("default", database={"pooler_instances": 2})
    sites = [manifests(site, config) for site in SITES for config in CONFIGURATIONS]
    streaming = configuration("default", replication="streaming")
    sites += [make(changed, site) for changed in (pooled, streaming) for site in SITES]
    return [found for site in sites for documents in site.values() for found in documents]


def pinned_schema(api_version: str, kind: str) -> Any:
    """That of the pinned release."""
    if found := pinned_schemas().get((api_version, kind)):
        return found
    why = f"{kind} of {api_version} was not checked: run make schemas"
    return pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)


@pytest.mark.parametrize(("api_version", "kind"), CUSTOM, ids=[kind for _, kind in CUSTOM])
def test_custom_resources_match_the_schemas_of_their_crds(
    objects: list[dict[str, Any]], api_version: str, kind: str
) -> None:
    validator = jsonschema.Draft202012Validator(pinned_schema(api_version, kind))
    found = [o for o in objects if (o["apiVersion"], o["kind"]) == (api_version, kind)]

    assert found
    for manifest in found:
        problems = [f"{e.json_path}: {e.message}" for e in validator.iter_errors(manifest)]
        assert not problems, manifest["metadata"]["name"]


def test_core_objects_match_the_schemas_of_the_kubernetes_release_that_k3s_brings(
    objects: list[dict[str, Any]],
) -> None:
    release = ".".join(Versions().k3s.version.removeprefix("v").split(".")[:2])

    core = [o for o in objects if o["apiVersion"] in CORE_GROUPS]

    assert {o["kind"] for o in core} == {
        "ConfigMap",
        "CronJob",
        "Namespace",
        "NetworkPolicy",
        "PodTemplate",
        "StorageClass",
    }
    for manifest in core:
        kubernetes_validate.validate(manifest, release, strict=True)


def test_no_kind_escapes_the_two_checks(objects: list[dict[str, Any]]) -> None:
    unchecked = {
        (o["apiVersion"], o["kind"])
        for o in objects
        if o["apiVersion"] not in CORE_GROUPS and (o["apiVersion"], o["kind"]) not in CUSTOM
    }

    assert not unchecked


def test_the_core_check_refuses_a_field_that_kubernetes_does_not_know(
    objects: list[dict[str, Any]],
) -> None:
    cron_job = next(o for o in objects if o["kind"] == "CronJob")
    misspelt = {**cron_job, "spec": {**cron_job["spec"], "suspended": True}}

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(misspelt, "1.36", strict=True)
