"""The pod in which a dump is verified: it can reach a throw-away cluster and no other."""

from typing import Any

import pytest

from topology.site import SITES, SiteName


@pytest.fixture
def pod(manifests: Any, the_only: Any) -> Any:
    """The pod spec of a site's template."""

    def of(site: SiteName = "primary", config: str = "default") -> dict[str, Any]:
        template = the_only(manifests(site, config)["62-dump-restore"], "PodTemplate")["template"]
        spec: dict[str, Any] = template["spec"]
        return spec

    return of


def _environment(container: dict[str, Any]) -> dict[str, str]:
    return {v["name"]: v["value"] for v in container["env"] if "value" in v}


@pytest.mark.parametrize("site", SITES)
def test_no_live_cluster_is_named_where_the_dump_is_restored(pod: Any, site: SiteName) -> None:
    (fetch,), (restore,) = pod(site)["initContainers"], pod(site)["containers"]
    clusters = ("postgres-cluster", "postgres-cluster-dr")

    assert not [word for word in clusters if word in str([restore, pod(site)["volumes"], fetch])]
    environment = _environment(restore)
    assert environment["PGHOST"] == "throw-away-rw"
    assert environment["THROW_AWAY"] == "throw-away"
    assert environment["PGSSLMODE"] == "verify-full"


@pytest.mark.parametrize("site", SITES)
def test_each_site_proves_the_dump_of_its_own_bucket(pod: Any, site: SiteName) -> None:
    (fetch,) = pod(site)["initContainers"]
    own = {"primary": "ew1-__ACCOUNT_ID__=eu-west-1", "dr": "ew2-__ACCOUNT_ID__=eu-west-2"}

    assert _environment(fetch)["DUMP_BUCKET"] == f"backup-bucket-{own[site]}"
    assert "PGPASSWORD" not in {v["name"] for v in fetch["env"]}


def test_the_network_takes_it_for_a_dump(manifests: Any, the_only: Any) -> None:
    template = the_only(manifests("primary")["62-dump-restore"], "PodTemplate")["template"]

    assert template["metadata"]["labels"] == {"app.kubernetes.io/name": "dump"}


@pytest.mark.parametrize("config", ["default", "ha", "lab"])
def test_containers_meet_the_restricted_pod_security_level(pod: Any, config: str) -> None:
    for site in SITES:
        spec = pod(site, config)
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        for container in (*spec["initContainers"], *spec["containers"]):
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
