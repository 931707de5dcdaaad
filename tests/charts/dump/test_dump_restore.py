"""fetch.py and restore.sh: a dump in a bucket becomes a database again, or they say why not."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import HANGS_SECONDS

SCRIPTS = Path(__file__).parents[3] / "charts" / "dump"
SUPERUSER = {"PGUSER": "postgres", "PGPASSWORD": "of-the-superuser", "THROW_AWAY": "verify-1"}


@pytest.fixture
def dump(scripts: Any, buckets: dict[str, Any]) -> str:
    """A dump in the first bucket; its prefix."""
    name = scripts.dump().stdout.strip()
    assert scripts.upload(buckets="backup-ew1=eu-west-1").returncode == 0
    return f"dumps/app_db/{name}"


def run(scripts: Any, script: str, dump: str, **more: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        **scripts.environment,
        "DUMP_NAME": dump.rpartition("/")[2],
        "DUMP_BUCKET": "backup-ew1=eu-west-1",
        "DUMP_DATABASE": "verified_dump",
        **more,
    }
    program = "bash" if script.endswith(".sh") else sys.executable
    return subprocess.run(
        [program, str(SCRIPTS / script)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGS_SECONDS,
    )


def test_restores_every_row_of_a_dump_twice_in_a_row(
    scripts: Any, postgres: Any, dump: str
) -> None:
    fetched = run(scripts, "fetch.py", dump)
    assert fetched.returncode == 0, fetched.stderr

    for _ in range(2):
        restored = run(scripts, "restore.sh", dump, **SUPERUSER)
        assert restored.returncode == 0, restored.stderr

    with postgres.connect("verified_dump") as connection:
        assert connection.execute("select count(*) from account").fetchone() == (20000,)


def test_never_restores_into_a_live_cluster(scripts: Any, postgres: Any, dump: str) -> None:
    live = {**SUPERUSER, "THROW_AWAY": "postgres-cluster", "DUMP_DATABASE": "app_db"}
    assert run(scripts, "fetch.py", dump).returncode == 0

    refused = run(scripts, "restore.sh", dump, **live)

    assert refused.returncode == 2
    with postgres.connect() as connection:
        assert connection.execute("select count(*) from account").fetchone() == (20000,)


def test_a_damaged_file_is_named(scripts: Any, buckets: dict[str, Any], dump: str) -> None:
    buckets["backup-ew1"].put_object(Bucket="backup-ew1", Key=f"{dump}/toc.dat", Body=b"damaged")

    refused = run(scripts, "fetch.py", dump)

    assert refused.returncode == 2
    assert "toc.dat differs from its checksum" in refused.stderr


@pytest.mark.parametrize("lost", ["COMPLETE", "SHA256SUMS", "toc.dat"])
def test_a_missing_file_is_named(
    scripts: Any, buckets: dict[str, Any], dump: str, lost: str
) -> None:
    buckets["backup-ew1"].delete_object(Bucket="backup-ew1", Key=f"{dump}/{lost}")

    refused = run(scripts, "fetch.py", dump)

    assert refused.returncode == 2
    assert lost in refused.stderr


def test_a_bucket_that_is_not_there_may_be_asked_again(scripts: Any, dump: str) -> None:
    refused = run(scripts, "fetch.py", dump, DUMP_BUCKET="no-such-bucket=eu-west-1")

    assert refused.returncode == 3


@pytest.mark.parametrize("name", ["/opt/pgtwin-written-by-a-key", "../outside", "a/b"])
def test_a_key_that_is_no_plain_file_name_is_refused(
    scripts: Any, buckets: dict[str, Any], dump: str, name: str
) -> None:
    key = f"{dump}/{name}"
    buckets["backup-ew1"].put_object(Bucket="backup-ew1", Key=key, Body=b"evil")

    refused = run(scripts, "fetch.py", dump)
    buckets["backup-ew1"].delete_object(Bucket="backup-ew1", Key=key)

    assert refused.returncode == 2
    assert "somebody else wrote there" in refused.stderr
    assert not Path(name).exists()


def test_a_dump_that_names_another_file_of_the_pod_is_not_given_to_pg_restore(
    scripts: Any, buckets: dict[str, Any], dump: str
) -> None:
    """The shell beside pg_restore was given the superuser's password."""
    bucket = buckets["backup-ew1"]

    def body(name: str) -> bytes:
        found: bytes = bucket.get_object(Bucket="backup-ew1", Key=f"{dump}/{name}")["Body"].read()
        return found

    keys = bucket.list_objects_v2(Bucket="backup-ew1", Prefix=dump)["Contents"]
    (listing,) = [each["Key"] for each in keys if "/blobs_" in each["Key"]]
    name, evil = listing.rpartition("/")[2], b"16999 ../../../proc/1/environ\n"
    old, new = (hashlib.sha256(each).hexdigest() for each in (body(name), evil))
    sums = body("SHA256SUMS").replace(old.encode(), new.encode())
    for key, content in {name: evil, "SHA256SUMS": sums}.items():
        bucket.put_object(Bucket="backup-ew1", Key=f"{dump}/{key}", Body=content)

    refused = run(scripts, "fetch.py", dump)

    assert refused.returncode == 2
    assert f"{name} names other files than its own" in refused.stderr


UNRESTORABLE = {
    "function is_ok(integer) does not exist": (
        "create function is_ok(n int) returns bool immutable language sql return n > 0;"
        "create function wrapper(n int) returns bool immutable language plpgsql"
        " as 'begin return is_ok($1); end';"
        "create table checked (n int check (public.wrapper(n)));"
        "insert into checked values (1)",
        "drop table checked; drop function wrapper; drop function is_ok",
    ),
    'violates check constraint "brief_until_check"': (
        "create table brief (until timestamptz check (until > now()));"
        "insert into brief values (clock_timestamp() + interval '1 ms')",
        "drop table brief",
    ),
    'violates foreign key constraint "child_parent_fkey"': (
        "create table parent (id int primary key);"
        "create table child (parent int references parent);"
        "set session_replication_role = replica;"
        "insert into child values (1);"
        "reset session_replication_role",
        "drop table child, parent",
    ),
}


@pytest.mark.parametrize("why", UNRESTORABLE)
def test_the_last_line_says_why_a_dump_cannot_be_restored(
    scripts: Any, postgres: Any, buckets: dict[str, Any], why: str
) -> None:
    """That line is what outlives the Job."""
    make, remove = UNRESTORABLE[why]
    with postgres.connect() as admin:
        admin.execute(make)
        try:
            name = scripts.dump().stdout.strip()
        finally:
            admin.execute(remove)

    refused = run(scripts, "restore.sh", name, **SUPERUSER)

    assert refused.returncode == 3
    last = refused.stderr.strip().splitlines()[-1]
    assert "pg_restore failed: " in last
    assert why in last
