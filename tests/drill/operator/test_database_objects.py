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
from drill.operator.objects import SIDECAR
from drill.operator.pod_commands import PodCommands
from drill.waiting import wait_for
from host.certificates import tls_secrets
from host.writer.restores import HANGING_SECONDS, ending_script
from tests import certificates

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


def trusted(writer: Any, folder: Path) -> str:
    """A file with what clients trust."""
    file = folder / "trusted.crt"
    file.write_text(tls_secrets.bundle(writer.api.get("Secret", tls_secrets.AUTHORITY)))
    return str(file)


def address(writer: Any, folder: Path) -> dict[str, Any]:
    return {
        "host": certificates.ALIAS,
        "hostaddr": "127.0.0.1",
        "port": writer.operator.controller(writer.cluster).service.port,
        "user": "app_user",
        "dbname": "app_db",
        "password": "of app_user",
        "sslmode": "verify-full",
        "sslrootcert": trusted(writer, folder),
    }


def test_clients_reach_the_writer_by_its_name_only_with_tls_and_a_password(
    writer: Any, tmp_path: Path
) -> None:
    login = address(writer, tmp_path)

    with psycopg.connect(**login) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("app_user",)
    with pytest.raises(psycopg.OperationalError, match="does not match host name"):
        psycopg.connect(**{**login, "host": "another.pgtwin.internal"})
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        psycopg.connect(**{**login, "sslmode": "disable"})
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**{**login, "password": "guessed"})


def test_new_certificates_reach_new_connections_and_leave_open_ones_alone(
    writer: Any, tmp_path: Path
) -> None:
    before = address(writer, tmp_path)
    next_one = certificates.believed("the next authority, before it signs")
    service = writer.operator.controller(writer.cluster).service

    with psycopg.connect(**before) as connection:
        secrets = certificates.secrets(
            tmp_path / "next", hosts=[certificates.ALIAS], trusted=next_one
        )
        for secret in secrets.values():
            writer.api.apply(secret)
        after = {**before, "sslrootcert": trusted(writer, tmp_path)}
        wait_for(lambda: _connects(after), 10, "the new certificate")

        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert writer.operator.controller(writer.cluster).service is service


def test_the_operator_waits_for_a_certificate_that_does_not_fit_the_authority(
    writer: Any, tmp_path: Path
) -> None:
    stranger = certificates.believed("an authority that nobody here trusts")
    secrets = certificates.secrets(tmp_path / "x", hosts=[certificates.ALIAS], trusted=stranger)
    writer.api.apply(secrets[tls_secrets.SERVER_TLS])
    controller = writer.operator.controller(writer.cluster)

    wait_for(lambda: not controller.busy, 10, "the operator to see it")
    writer.api.patch("Cluster", writer.cluster, {"spec": {"instances": 2}})
    time.sleep(1)

    assert _connects(address(writer, tmp_path))
    assert writer.api.get("Pod", f"{writer.cluster}-2") is None


def _connects(login: dict[str, Any]) -> bool:
    try:
        psycopg.connect(**login).close()
    except psycopg.OperationalError:
        return False
    return True


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
            argv=("python3", "-c", ending_script(HANGING_SECONDS)),
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
