"""What docs/restore.md says of a dump, typed from the page: a real command, a real PostgreSQL.

The pod of its `kubectl exec` is this server. Only the dump's id, the password, and the table's name
are put in the place of the page's.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from pgtwin.__main__ import app
from tests.charts.dump.conftest import Server
from tests.golden import ROOT
from tests.restore_page import again, sql, typed
from topology.load import load
from topology.site import SITES

CONFIG = ROOT / "config/default.yaml"
ACCOUNT = "123456789012"
"""Of the embedded AWS."""


class Person:
    """At one shell, in a folder of their own; what is exported stays."""

    def __init__(self, dump: str, shell: pytest.MonkeyPatch) -> None:
        self._dump = dump
        self._shell = shell

    def export(self, assignment: str) -> None:
        """NAME=value."""
        name, _, value = assignment.partition("=")
        self._shell.setenv(name, value)

    def type(self, command: str) -> str:
        """What it prints; it fails where the command does."""
        words = shlex.split(re.sub(r"\d{8}T\d{6}Z", self._dump, command))
        if words[0] == "pgtwin":
            done = CliRunner().invoke(app, [*words[1:], "--config", str(CONFIG)])
            assert done.exit_code == 0, (done.output, done.exception)
            return done.output
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout

    def type_in_the_pod(self, command: str, statements: str) -> None:
        """As the user of the pod, who is a superuser."""
        words = shlex.split(command)
        program = words[words.index("--") + 1 :]
        superuser = {"PGUSER": "postgres", "PGPASSWORD": "of-the-superuser"}
        ran = subprocess.run(
            program,
            env={**os.environ, **superuser},
            input=statements,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, "")


@pytest.fixture
def both_buckets(aws: dict[str, str]) -> Iterator[dict[str, str]]:
    """Both sites' own, with their regions."""
    topology = load(CONFIG)
    places = [topology.site(name) for name in SITES]
    regions = {topology.names.bucket(place.bucket, ACCOUNT): place.region for place in places}
    for name, region in regions.items():
        where = {"LocationConstraint": region}
        _s3(region).create_bucket(Bucket=name, CreateBucketConfiguration=where)
    yield regions
    for name, region in regions.items():
        for each in _s3(region).list_objects_v2(Bucket=name).get("Contents", []):
            _s3(region).delete_object(Bucket=name, Key=each["Key"])
        _s3(region).delete_bucket(Bucket=name)


def _s3(region: str) -> Any:
    return boto3.client("s3", region_name=region)


@pytest.fixture
def person(
    scripts: Any,
    postgres: Server,
    both_buckets: dict[str, str],
    as_user: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Person]:
    """The owner's, with the rights that the host keeps and a dump in both buckets."""
    with postgres.connect() as admin:
        admin.execute("alter role app_user createdb password 'of-the-owner'")
        dump = scripts.dump().stdout.strip()
        targets = " ".join(f"{name}={region}" for name, region in both_buckets.items())
        assert scripts.upload(buckets=targets).returncode == 0
        monkeypatch.chdir(tmp_path)
        as_user(postgres, "app_user", "of-the-owner")
        yield Person(dump, monkeypatch)
        for database in ("app_db_before", "one_table"):
            admin.execute(f"drop database if exists {database} with (force)".encode())
        admin.execute("drop role if exists loader")
        admin.execute("alter role app_user nocreatedb")


def test_a_dump_that_nobody_trusts_is_loaded_by_a_role_that_owns_nothing_and_both_go_again(
    person: Person, postgres: Server
) -> None:
    pod = typed("sudo k3s kubectl -n postgres exec -it POD -c postgres -- psql")
    trusting = " --yes-run-as app_user"
    command = again("pgtwin dump restore ")
    assert command.endswith(trusting)

    person.type_in_the_pod(pod, sql().replace("'...'", "'of-the-loader'"))
    person.export(typed("PGUSER=loader"))
    person.export("PGPASSWORD=of-the-loader")
    person.type(command.removesuffix(trusting))

    with postgres.connect("app_db_before") as admin:
        owners = (
            "select pg_get_userbyid(datdba) from pg_database where datname = current_database()"
            " union select tableowner from pg_tables where schemaname = 'public'"
        )
        assert admin.execute(owners).fetchall() == [("loader",)]
        assert admin.execute("select count(*) from account").fetchone() == (20000,)
    drop = (typed("drop database app_db_before"), typed("drop role loader"))
    person.type_in_the_pod(pod, "".join(f"{each};\n" for each in drop))
    with postgres.connect() as admin:
        left = (
            "select datname from pg_database where datname = 'app_db_before'"
            " union select rolname from pg_roles where rolname = 'loader'"
        )
        assert admin.execute(left).fetchall() == []


def test_the_rows_of_one_table_come_from_the_folder_of_a_dump(
    person: Person, postgres: Server
) -> None:
    person.type(f"{again('pgtwin dump get ')} {typed('--from dr')}")

    person.type(typed("createdb one_table"))
    loading = typed("pg_restore --dbname=one_table --table=NAME ./dump")
    person.type(loading.replace("NAME", "account"))

    with postgres.connect("one_table") as admin:
        assert admin.execute("select count(*) from account").fetchone() == (20000,)
        tables = "select count(*) from pg_tables where schemaname = 'public'"
        assert admin.execute(tables).fetchone() == (1,)


def test_the_same_command_brings_everything_back_on_an_empty_server(
    person: Person, bare: Server, as_user: Any
) -> None:
    as_user(bare, "postgres", "of-the-superuser")

    said = person.type(again("pgtwin dump restore ").replace("as app_user", "as postgres"))

    assert "app_user" in said, "the roles that were made are named"
    with bare.connect("app_db_before") as admin:
        assert admin.execute("select count(*) from account").fetchone() == (20000,)
        owner = "select tableowner from pg_tables where tablename = 'account'"
        assert admin.execute(owner).fetchone() == ("app_user",)
