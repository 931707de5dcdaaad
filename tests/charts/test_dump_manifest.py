"""The dump's CronJob: when it runs, where, with what rights, and where its files go."""

from collections.abc import Callable
from typing import Any

import pytest

from charts.dump_job import SCRIPTS
from topology.names import AUTHORITY_CERTIFICATES
from topology.site import SITES, SiteName
from topology.topology import Topology
from topology.versions import SIDECAR_IMAGE

OWN, OTHER = "backup-bucket-ew1-__ACCOUNT_ID__", "backup-bucket-ew2-__ACCOUNT_ID__"


@pytest.fixture
def cron_job(manifests: Any, the_only: Any) -> Callable[..., dict[str, Any]]:
    """The spec of a site's CronJob."""

    def of(site: SiteName = "primary", config: str = "default") -> dict[str, Any]:
        spec: dict[str, Any] = the_only(manifests(site, config)["61-dump"], "CronJob")["spec"]
        return spec

    return of


@pytest.fixture
def pod(cron_job: Any) -> Callable[..., dict[str, Any]]:
    """The pod spec of a site's dump."""

    def of(site: SiteName = "primary", config: str = "default") -> dict[str, Any]:
        spec: dict[str, Any] = cron_job(site, config)["jobTemplate"]["spec"]["template"]["spec"]
        return spec

    return of


NAMES = (
    *("beside.sql", "contents.awk", "dump.sh", "dump_files.py", "fetch.py", "restore.sh"),
    *("session.conf", "session.sh", "upload.py"),
)


def _environment(container: dict[str, Any]) -> dict[str, str]:
    return {v["name"]: v["value"] for v in container["env"] if "value" in v}


def test_it_runs_daily_in_utc_one_at_a_time(cron_job: Any) -> None:
    spec = cron_job()

    assert spec["schedule"] == "0 4 * * *"
    assert spec["timeZone"] == "Etc/UTC"
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] < 24 * 3600


@pytest.mark.parametrize("writer", SITES)
def test_it_is_suspended_where_no_writer_is(
    make: Any, the_only: Any, configuration: Callable[..., Topology], writer: SiteName
) -> None:
    topology = configuration("default", writer=writer)

    for site in SITES:
        spec = the_only(make(topology, site)["61-dump"], "CronJob")["spec"]
        assert spec["suspend"] is (site != writer)


def test_the_scripts_are_the_project_s_own_files(manifests: Any, the_only: Any) -> None:
    data = the_only(manifests("primary")["61-dump"], "ConfigMap")["data"]

    assert data == {name: (SCRIPTS / name).read_text() for name in NAMES}


@pytest.mark.parametrize("site", SITES)
def test_both_sites_upload_to_both_buckets_each_in_its_own_region(pod: Any, site: SiteName) -> None:
    environment = _environment(pod(site)["containers"][0])

    assert set(environment["DUMP_BUCKETS"].split()) == {f"{OWN}=eu-west-1", f"{OTHER}=eu-west-2"}
    assert environment["DUMP_PREFIX"] == "dumps/app_db"


@pytest.mark.parametrize("site", SITES)
def test_the_server_is_verified_before_the_password_is_sent(pod: Any, site: SiteName) -> None:
    cluster = {"primary": "postgres-cluster", "dr": "postgres-cluster-dr"}[site]
    (dump,) = pod(site)["initContainers"]
    environment = _environment(dump)
    (authority,) = [v["secret"] for v in pod(site)["volumes"] if v["name"] == "ca"]

    assert environment["PGHOST"] == f"{cluster}-rw"
    assert environment["PGUSER"] == "dump_user"
    assert environment["PGSSLMODE"] == "verify-full"
    assert authority == {
        "secretName": AUTHORITY_CERTIFICATES,
        "items": [{"key": "ca.crt", "path": "ca.crt"}],
    }
    (password,) = [v["valueFrom"] for v in dump["env"] if v["name"] == "PGPASSWORD"]
    assert password == {"secretKeyRef": {"name": "dump-user", "key": "password"}}


@pytest.mark.parametrize("site", SITES)
def test_only_the_dump_has_the_password_and_only_the_upload_knows_the_buckets(
    pod: Any, site: SiteName
) -> None:
    (dump,), (upload,) = pod(site)["initContainers"], pod(site)["containers"]

    assert "PGPASSWORD" not in {v["name"] for v in upload["env"]}
    assert "DUMP_BUCKETS" not in {v["name"] for v in dump["env"]}
    assert pod(site)["automountServiceAccountToken"] is False


def test_its_files_wait_on_a_volume_that_is_deleted_with_the_pod(pod: Any) -> None:
    (scratch,) = [v["ephemeral"] for v in pod()["volumes"] if v["name"] == "scratch"]
    claim = scratch["volumeClaimTemplate"]["spec"]

    assert claim["storageClassName"] == "local-path", "pgtwin's own class would keep every dump"
    assert claim["resources"]["requests"]["storage"] == "20Gi"
    assert _environment(pod()["initContainers"][0])["DUMP_LIMIT_MIB"] == str(20 * 1024)


def test_a_failed_upload_is_repeated_with_the_same_dump(pod: Any) -> None:
    assert pod()["restartPolicy"] == "OnFailure"


@pytest.mark.parametrize("config", ["default", "ha", "lab"])
def test_containers_meet_the_restricted_pod_security_level(pod: Any, config: str) -> None:
    for site in SITES:
        spec = pod(site, config)
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in (*spec["initContainers"], *spec["containers"]):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["readOnlyRootFilesystem"] is True
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]


def test_it_keeps_off_the_writer_s_machine_where_there_is_a_choice(pod: Any) -> None:
    (term,) = pod()["affinity"]["podAntiAffinity"][
        "preferredDuringSchedulingIgnoredDuringExecution"
    ]

    assert term["podAffinityTerm"]["labelSelector"]["matchLabels"] == {
        "cnpg.io/cluster": "postgres-cluster",
        "cnpg.io/instanceRole": "primary",
    }


def test_images_are_pinned_and_already_on_the_machines(pod: Any, manifests: Any) -> None:
    (dump,), (upload,) = pod()["initContainers"], pod()["containers"]
    (cluster,) = [d for d in manifests("primary")["50-cluster"] if d["kind"] == "Cluster"]

    assert dump["image"] == cluster["spec"]["imageName"]
    assert upload["image"].startswith(f"{SIDECAR_IMAGE}:v0.14.0@sha256:")
