"""The scripted operator against S3: what the host program waits for does happen."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.resource import Object
from drill.operator.behaviour.phases import HEALTHY
from drill.operator.scripted.archive import ScriptedArchive
from drill.operator.scripted.operator import ScriptedDelays, ScriptedOperator
from tests.waiting import eventually, stays_away

PLUGIN = "barman-cloud.cloudnative-pg.io"
BUCKET = "archive"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client(
            "s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def site(api: ClusterApi, s3: Any) -> Iterator[ClusterApi]:
    """An API with the operator at work and an ObjectStore."""
    delays = ScriptedDelays(look_seconds=0.02, backup_seconds=0)
    operator = ScriptedOperator(api=api, s3=s3, delays=delays)
    operator.start()
    api.create(
        {
            "apiVersion": "barmancloud.cnpg.io/v1",
            "kind": "ObjectStore",
            "metadata": {"name": "store", "namespace": "postgres"},
            "spec": {
                "configuration": {
                    "destinationPath": f"s3://{BUCKET}/physical/",
                    "s3Credentials": {"inheritFromIAMRole": True},
                }
            },
        }
    )
    yield api
    operator.stop()


def cluster(name: str, bootstrap: dict[str, Any], primary: str) -> Object:
    def plugin(server: str) -> dict[str, Any]:
        return {"name": PLUGIN, "parameters": {"barmanObjectName": "store", "serverName": server}}

    source = "two" if name == "one" else "one"
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "metadata": {"name": name, "namespace": "postgres"},
        "spec": {
            "instances": 2,
            "imageName": "postgresql:18",
            "storage": {"size": "1Gi"},
            "bootstrap": bootstrap,
            "plugins": [{**plugin(name), "isWALArchiver": True}],
            "externalClusters": [{"name": n, "plugin": plugin(n)} for n in ("one", "two")],
            "replica": {
                "self": name,
                "primary": primary,
                "source": source,
            },
        },
    }


ONE = cluster("one", {"initdb": {"database": "db", "owner": "me"}}, "one")
TWO = cluster("two", {"recovery": {"source": "one", "database": "db", "owner": "me"}}, "one")
BACKUP = {
    "apiVersion": "postgresql.cnpg.io/v1",
    "kind": "Backup",
    "metadata": {"name": "first", "namespace": "postgres"},
    "spec": {
        "cluster": {"name": "one"},
        "method": "plugin",
        "pluginConfiguration": {"name": PLUGIN},
    },
}


def status(api: ClusterApi, name: str) -> dict[str, Any]:
    found: dict[str, Any] = (api.get("Cluster", name) or {}).get("status", {})
    return found


def phase_of_backup(api: ClusterApi) -> str | None:
    found: str | None = (api.get("Backup", "first") or {}).get("status", {}).get("phase")
    return found


def test_a_cluster_becomes_healthy_with_its_pods(site: ClusterApi) -> None:
    site.create(ONE)

    eventually(lambda: status(site, "one").get("phase") == HEALTHY)

    assert status(site, "one")["readyInstances"] == 2
    assert [pod["metadata"]["name"] for pod in site.list("pods")] == ["one-1", "one-2"]


def test_a_backup_leaves_a_finished_base_backup_that_barman_reads(
    site: ClusterApi, s3: Any
) -> None:
    site.create(ONE)
    site.create(BACKUP)

    eventually(lambda: phase_of_backup(site) == "completed")

    backup_id = (site.get("Backup", "first") or {})["status"]["backupId"]
    key = f"physical/one/base/{backup_id}/backup.info"
    assert "status=DONE" in s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()


def test_a_clone_without_a_base_backup_fails_until_its_job_is_deleted(
    site: ClusterApi, s3: Any
) -> None:
    site.create(TWO)
    eventually(lambda: "unrecoverable" in status(site, "two").get("phase", ""))

    archive = ScriptedArchive(s3=s3, bucket=BUCKET, root="physical/one/")
    archive.take_base_backup(timeline=1)
    stays_away(lambda: status(site, "two")["phase"] == HEALTHY)

    site.delete("job", "two-1-full-recovery")
    eventually(lambda: status(site, "two")["phase"] == HEALTHY)


def test_a_cluster_does_not_start_over_a_used_archive(site: ClusterApi, s3: Any) -> None:
    for name in ("one", "two"):
        archive = ScriptedArchive(s3=s3, bucket=BUCKET, root=f"physical/{name}/")
        archive.take_base_backup(timeline=1)

    site.create(TWO)

    eventually(lambda: "unrecoverable" in status(site, "two").get("phase", ""))


def test_a_switchover_hands_over_a_token_and_raises_the_timeline(site: ClusterApi) -> None:
    site.create(ONE)
    site.create(BACKUP)
    eventually(lambda: phase_of_backup(site) == "completed")
    site.create(TWO)
    eventually(lambda: status(site, "two").get("phase") == HEALTHY)

    site.patch("Cluster", "one", {"spec": {"replica": {"primary": "two", "source": "two"}}})
    eventually(lambda: status(site, "one").get("demotionToken"))
    token = status(site, "one")["demotionToken"]
    site.patch("Cluster", "two", {"spec": {"replica": {"primary": "two", "promotionToken": token}}})
    eventually(lambda: status(site, "two").get("lastPromotionToken") == token)

    eventually(lambda: status(site, "two").get("timelineID") == 2)


def test_a_fenced_cluster_has_no_ready_instance(site: ClusterApi) -> None:
    site.create(ONE)
    eventually(lambda: status(site, "one").get("phase") == HEALTHY)

    fence = {"metadata": {"annotations": {"cnpg.io/fencedInstances": '["*"]'}}}
    site.patch("Cluster", "one", fence)

    eventually(lambda: "readyInstances" not in status(site, "one"))
    assert status(site, "one")["phase"] == HEALTHY


def test_the_primary_leaves_a_machine_that_is_cordoned(site: ClusterApi) -> None:
    for node in ("agent-1", "agent-2"):
        site.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node}})
    site.create(ONE)
    eventually(lambda: status(site, "one").get("phase") == HEALTHY)

    site.patch("Node", "agent-1", {"spec": {"unschedulable": True}}, "")

    eventually(lambda: status(site, "one").get("currentPrimary") == "one-2")
    eventually(lambda: status(site, "one").get("phase") == HEALTHY)
    pods = {pod["metadata"]["name"]: pod for pod in site.list("pods", "postgres")}
    assert pods["one-2"]["spec"]["nodeName"] == "agent-2"
