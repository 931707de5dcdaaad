"""Archives, base backups, operators: where they point, when they run, what they are pinned to."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from topology.site import SITES, SiteName
from topology.versions import SIDECAR_IMAGE, pinned_tag

REGIONS = {"primary": "eu-west-1", "dr": "eu-west-2"}
DESTINATIONS = {
    "store-primary": "s3://backup-bucket-ew1-__ACCOUNT_ID__/physical/",
    "store-dr": "s3://backup-bucket-ew2-__ACCOUNT_ID__/physical-dr/",
}
OPERATORS = ("10-cert-manager", "11-cloudnative-pg", "12-plugin-barman-cloud")


def _stores(manifests: Any, site: SiteName) -> dict[str, dict[str, Any]]:
    return {s["metadata"]["name"]: s["spec"] for s in manifests(site)["40-object-stores"]}


@pytest.mark.parametrize("site", SITES)
def test_both_archives_point_to_the_same_places_on_both_sites(
    manifests: Any, site: SiteName
) -> None:
    stores = _stores(manifests, site)

    assert {
        name: spec["configuration"]["destinationPath"] for name, spec in stores.items()
    } == DESTINATIONS


@pytest.mark.parametrize("site", SITES)
def test_a_pod_signs_for_its_own_region_and_is_patient_with_the_metadata(
    manifests: Any, site: SiteName
) -> None:
    for spec in _stores(manifests, site).values():
        variables = {v["name"]: v["value"] for v in spec["instanceSidecarConfiguration"]["env"]}
        assert variables == {
            "AWS_DEFAULT_REGION": REGIONS[site],
            "AWS_METADATA_SERVICE_TIMEOUT": "5",
            "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "5",
            "AWS_RETRY_MODE": "standard",
            "AWS_MAX_ATTEMPTS": "2",
        }
        assert spec["configuration"]["s3Credentials"] == {"inheritFromIAMRole": True}


@pytest.mark.parametrize("site", SITES)
def test_no_archive_names_a_key_so_the_bucket_s_own_encrypts(
    manifests: Any, site: SiteName
) -> None:
    for spec in _stores(manifests, site).values():
        for part in ("wal", "data"):
            assert "encryption" not in spec["configuration"][part]


@pytest.mark.parametrize("site", SITES)
def test_whoever_looks_for_wal_that_does_not_exist_starts_one_process(
    manifests: Any, site: SiteName
) -> None:
    for spec in _stores(manifests, site).values():
        assert spec["configuration"]["wal"]["maxParallel"] == 1


def test_backups_are_kept_as_long_as_the_configuration_says(manifests: Any) -> None:
    assert {s["retentionPolicy"] for s in _stores(manifests, "primary").values()} == {"30d"}


@pytest.mark.parametrize(("site", "schedule"), [("primary", "0 0 2 * * *"), ("dr", "0 0 3 * * *")])
def test_each_site_takes_a_base_backup_at_once_and_then_daily_by_the_plugin(
    manifests: Any, site: SiteName, schedule: str
) -> None:
    (backup,) = manifests(site)["60-scheduled-backup"]
    spec = backup["spec"]

    assert spec["schedule"] == schedule, "six fields, seconds first"
    assert spec["immediate"] is True
    assert spec["suspend"] is False
    assert spec["method"] == "plugin"
    assert spec["pluginConfiguration"] == {"name": "barman-cloud.cloudnative-pg.io"}


@pytest.mark.parametrize("file", OPERATORS)
@pytest.mark.parametrize("config", ["default", "lab"])
def test_operators_are_pinned_and_never_uninstalled_by_a_failed_upgrade(
    manifests: Any, file: str, config: str
) -> None:
    for site in SITES:
        (chart,) = manifests(site, config)[file]
        assert chart["metadata"]["namespace"] == "kube-system"
        assert chart["spec"]["version"].removeprefix("v").replace(".", "").isdecimal()
        assert chart["spec"]["failurePolicy"] == "abort"


def test_operators_run_on_the_servers_so_that_no_agent_takes_them_along(manifests: Any) -> None:
    for file in OPERATORS:
        values = _values(manifests, file)
        parts = [values]
        if file == "10-cert-manager":
            parts += [values[part] for part in ("webhook", "cainjector", "startupapicheck")]
        for part in parts:
            assert part["nodeSelector"] == {"node-role.kubernetes.io/control-plane": "true"}
            assert [t["key"] for t in part["tolerations"]] == [
                "node-role.kubernetes.io/control-plane"
            ]


def test_the_operator_gives_up_a_silent_instance_within_seconds(manifests: Any) -> None:
    (sysctl,) = _values(manifests, "11-cloudnative-pg")["podSecurityContext"]["sysctls"]
    retries, first_seconds = int(sysctl["value"]), 0.2

    assert sysctl["name"] == "net.ipv4.tcp_retries2"
    assert sum(first_seconds * 2**number for number in range(retries + 1)) <= 3


def test_the_plugin_and_its_sidecar_are_the_version_that_was_judged(
    manifests: Any, configuration: Any
) -> None:
    values = _values(manifests, "12-plugin-barman-cloud")
    judged = configuration("default").versions.plugin_barman_cloud

    assert values["image"]["tag"].partition("@")[0] == judged
    assert values["sidecarImage"]["tag"].partition("@")[0] == judged
    assert values["replicaCount"] == 1
    (chart,) = manifests("primary")["12-plugin-barman-cloud"]
    assert chart["spec"]["targetNamespace"] == "cnpg-system", "the operator looks nowhere else"


def test_every_image_of_the_operators_is_pinned_by_its_digest(manifests: Any) -> None:
    operator = _values(manifests, "11-cloudnative-pg")
    plugin = _values(manifests, "12-plugin-barman-cloud")
    cert_manager = _values(manifests, "10-cert-manager")
    parts = ("startupapicheck", "cainjector", "webhook", "acmesolver")
    digests = [
        *(values["tag"].partition("@")[2] for values in (operator["image"], plugin["image"])),
        plugin["sidecarImage"]["tag"].partition("@")[2],
        cert_manager["image"]["digest"],
        *(cert_manager[part]["image"]["digest"] for part in parts),
    ]

    assert [each for each in digests if not re.fullmatch(r"sha256:[0-9a-f]{64}", each)] == []
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("site", SITES)
def test_every_image_that_a_manifest_names_goes_by_its_digest(
    manifests: Any, site: SiteName
) -> None:
    found = [*_images([*manifests(site).values()])]

    assert len(found) > 4
    assert [image for image in found if not re.search(r"@sha256:[0-9a-f]{64}$", image)] == []


def _images(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _images(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in ("image", "imageName") and isinstance(each, str):
                yield each
            yield from _images(each)


def test_a_version_of_which_no_digest_is_known_goes_by_its_tag() -> None:
    assert pinned_tag(SIDECAR_IMAGE, "v0.15.1") == "v0.15.1"


def _values(manifests: Any, file: str) -> Any:
    (chart,) = manifests("primary")[file]
    return YAML(typ="safe", pure=True).load(chart["spec"]["valuesContent"])
