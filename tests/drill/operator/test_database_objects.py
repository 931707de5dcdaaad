"""One site on real PostgreSQL: what surrounds the database in its namespace."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from drill.kubernetes.pod_exec import ExecRequest
from drill.kubernetes.scripted_objects import SIDECAR
from drill.operator.pod_commands import PodCommands
from drill.waiting import wait_for
from host.writer.restores import END_HANGING, HANGING_SECONDS

pytestmark = pytest.mark.slow

HANGS = ["bash", "-c", "exec -a barman-cloud-wal-restore sleep 120"]


@pytest.fixture
def writer(sites: Any) -> Any:
    """The primary site with one instance: synchronous standbys are not what is tested here."""

    def alone(item: Any) -> None:
        if item["kind"] == "Cluster":
            item["spec"]["instances"] = 1
            del item["spec"]["postgresql"]["synchronous"]

    site = sites["primary"]
    site.apply("50", alone)
    site.wait_until_healthy()
    return site


def test_clients_reach_the_writer_only_with_tls_and_a_password(writer: Any) -> None:
    controller = writer.operator.controller(writer.cluster)
    address = {
        "host": "127.0.0.1",
        "port": controller.service.port,
        "user": "app_user",
        "dbname": "app_db",
        "sslrootcert": str(controller.ca),
    }

    with psycopg.connect(**address, password="of app_user", sslmode="verify-ca") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("app_user",)
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        psycopg.connect(**address, password="of app_user", sslmode="disable")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**address, password="guessed", sslmode="verify-ca")


def test_takes_the_dump_with_the_cron_jobs_own_scripts_into_both_buckets(
    writer: Any, s3: Any
) -> None:
    writer.execute("CREATE TABLE kept AS SELECT generate_series(1, 100) AS n")
    writer.apply("61")
    (cron,) = [each for each in writer.api.list("CronJob") if each["metadata"]["name"] == "dump"]
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "dump-now", "namespace": "postgres"},
        "spec": cron["spec"]["jobTemplate"]["spec"],
    }

    writer.api.create(job)

    wait_for(lambda: bool(_conditions(writer)), 60, "the dump to end")
    assert [each["type"] for each in _conditions(writer)] == ["Complete"], _conditions(writer)
    for bucket in s3.list_buckets()["Buckets"]:
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket["Name"])["Contents"]]
        assert [key for key in keys if key.endswith("/COMPLETE")]


def test_answers_what_the_host_program_asks_a_pod(writer: Any) -> None:
    commands = PodCommands(lambda _: writer.operator.controller(writer.cluster).primary)

    def ask(*argv: str, stdin: str = "") -> Any:
        request = ExecRequest(
            namespace="postgres",
            pod=f"{writer.cluster}-1",
            container="postgres",
            argv=argv,
            stdin=stdin.encode(),
        )
        answer = commands(request)
        assert answer.exit_code == 0, answer
        return answer.stdout

    rows = ask("psql", "--tuples-only", "--no-align", "--dbname=app_db", stdin="select '[1]'::json")
    assert json.loads(rows) == [1]
    assert ask("ls", "/var/lib/postgresql/data/pgdata/pg_wal/archive_status") is not None
    assert int(ask("df", "--block-size=1", "--output=size", "/var/lib/postgresql/data").split()[1])


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A restore of an instance of somebody else."""
    process = subprocess.Popen(HANGS, cwd=tmp_path)
    yield process
    process.kill()
    process.wait()


def test_only_the_restores_of_its_own_instance_are_ended(
    writer: Any, beside: subprocess.Popen[bytes]
) -> None:
    instance = writer.operator.controller(writer.cluster).primary
    own = subprocess.Popen(HANGS, cwd=instance.pgdata)
    time.sleep(HANGING_SECONDS + 1)

    answer = PodCommands(lambda _: instance)(
        ExecRequest(
            namespace="postgres",
            pod=instance.name,
            container=SIDECAR,
            argv=("python3", "-c", END_HANGING),
        )
    )

    assert answer.stdout.split() == [str(own.pid)], answer
    assert own.wait(60) != 0
    assert beside.poll() is None


def test_the_plugin_has_a_container_in_the_pod(writer: Any) -> None:
    pod = writer.api.get("Pod", f"{writer.cluster}-1")

    assert SIDECAR in [each["name"] for each in pod["spec"]["initContainers"]]


def test_the_sidecar_has_no_shell(writer: Any) -> None:
    instance = writer.operator.controller(writer.cluster).primary
    request = ExecRequest(
        namespace="postgres", pod=instance.name, container=SIDECAR, argv=("sh", "-c", "true")
    )

    assert PodCommands(lambda _: instance)(request).exit_code


def test_a_cluster_of_the_same_name_starts_from_nothing_when_the_old_one_was_deleted(
    writer: Any,
) -> None:
    writer.execute("CREATE TABLE gone (n integer)")
    item = writer.api.get("Cluster", writer.cluster)
    for section in ("status", "metadata"):
        kept = item.pop(section)
    item["metadata"] = {"name": kept["name"], "namespace": kept["namespace"]}
    item["spec"]["plugins"][0]["parameters"]["serverName"] = "postgres-cluster-g2"

    writer.api.delete("Cluster", writer.cluster)
    writer.api.create(item)

    writer.wait_until_healthy()
    wait_for(lambda: writer.value("SELECT 1") == 1, 30, "the new database")
    assert writer.value("SELECT to_regclass('gone')") is None


def _conditions(site: Any) -> list[dict[str, str]]:
    found = site.api.get("Job", "dump-now")
    return list(found.get("status", {}).get("conditions", []))
