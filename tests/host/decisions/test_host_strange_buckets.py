"""Keys and texts of a bucket that somebody else wrote: what counts, and what is only said."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from host.archive.archive import Archive
from host.archive.archives import Restorable
from host.archive.dumps import complete_dumps, dump_snapshot
from host.errors import Failed
from host.evidence.evidence_store import EvidenceStore
from host.evidence.status_parts import history_begins
from host.kubernetes.cluster import Cluster
from host.writer.record import Record
from tests.host.decisions.examples import PLUGIN

BUCKET = "backups"
NOW = datetime(2026, 11, 26, tzinfo=UTC)
GOOD = "status=DONE\nend_time={ended}\ntimeline=1\n"
STRANGE = {
    "empty": b"",
    "no end": b"status=DONE\ntimeline=1\n",
    "an end that is none": b"status=DONE\nend_time=yesterday\ntimeline=1\n",
    "a timeline that is none": b"status=DONE\nend_time=2026-01-01\ntimeline=1e9\n",
    "a timeline in other digits": "status=DONE\nend_time=2026-01-01\ntimeline=²\n".encode(),
    "no text at all": b"status=DONE\n\xff\xfe",
}


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def archive(s3: Any) -> Archive:
    return Archive(s3=s3, bucket=BUCKET, prefix="physical", server_name="one")


def put(s3: Any, key: str, body: bytes = b"") -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)


def put_backup(s3: Any, id: str, body: bytes) -> None:
    put(s3, f"physical/one/base/{id}/backup.info", body)


@pytest.mark.parametrize("body", STRANGE.values(), ids=STRANGE)
def test_a_base_backup_that_cannot_be_read_hides_no_other(
    s3: Any, archive: Archive, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    put_backup(s3, "20261121T020000", GOOD.format(ended="2026-11-21T02:10:00+00:00").encode())
    put_backup(s3, "20261122T020000", body)

    assert [each.backup_id for each in archive.base_backups()] == ["20261121T020000"]
    assert ("is not a base backup" in caplog.text) == body.startswith(b"status=DONE")


def test_a_base_backup_under_a_strange_name_is_none(s3: Any, archive: Archive) -> None:
    put_backup(s3, "$(reboot)", GOOD.format(ended="2026-11-21T02:10:00+00:00").encode())

    assert list(archive.base_backups()) == []


def test_no_base_backup_is_younger_than_its_object(s3: Any, archive: Archive) -> None:
    put_backup(s3, "99991231T235959", GOOD.format(ended="9999-12-31T23:59:59+00:00").encode())

    (found,) = archive.base_backups()

    assert found.ended <= datetime.now(UTC) + timedelta(minutes=2)


def test_a_base_backup_with_an_old_name_makes_no_history(s3: Any, archive: Archive) -> None:
    for id, ended in (
        ("20200101T020000", "2020-01-01T02:10:00+00:00"),
        ("20261122T020000", "2026-11-22T02:10:00+00:00"),
    ):
        put_backup(s3, id, GOOD.format(ended=ended).encode())
    now = datetime.now(UTC)

    found = Restorable.of(archive)

    assert found is not None
    assert found.oldest.backup_id == "20200101T020000"
    assert found.missing(now - timedelta(days=30)) > timedelta(days=29)
    assert found.missing(now + timedelta(days=1)) == timedelta()


def begins(live: Cluster, record: Record | None) -> datetime:
    return history_begins(NOW, cluster=live, record=record, retention_days=30)


def test_history_begins_with_the_cluster_the_window_or_the_archives_own_name() -> None:
    old, young = NOW - timedelta(days=100), NOW - timedelta(days=3)
    epoch = Record(epoch=2, writer="primary", server_names={}, since=young)

    assert begins(cluster(old, "one"), epoch) == NOW - timedelta(days=30)
    assert begins(cluster(young, "one"), None) == young
    assert begins(cluster(old, "one-g2"), epoch) == young
    assert begins(cluster(old, "one-g2"), replace(epoch, since=None)) == NOW - timedelta(days=30)


@pytest.mark.parametrize("since", ["", "yesterday", None, 5, "2026-99-99"])
def test_a_record_that_does_not_say_since_when_is_a_record(since: Any) -> None:
    names = {"primary": "one", "dr": "two"}
    text = json.dumps({"epoch": 1, "writer": "dr", "server_names": names, "since": since})

    assert Record.parse(text) == Record(epoch=1, writer="dr", server_names=names)


def cluster(created: datetime, server_name: str) -> Cluster:
    plugin = {"name": PLUGIN, "parameters": {"serverName": server_name}}
    return Cluster(
        item={
            "metadata": {"name": "one", "creationTimestamp": created.isoformat()},
            "spec": {"plugins": [plugin]},
        }
    )


def test_strange_folders_among_the_wal_hold_no_segment(s3: Any, archive: Archive) -> None:
    put(s3, "physical/one/wals/../x")
    put(s3, "physical/one/wals/zzzzzzzzzzzzzzzz/000000010000000000000009")

    assert not archive.holds_wal("0/3000148")
    put(s3, "physical/one/wals/0000000100000000/000000010000000000000003")
    assert archive.holds_wal("0/3000148")


def test_an_archive_ends_with_the_newest_segment_of_its_newest_timeline(
    s3: Any, archive: Archive
) -> None:
    put(s3, "physical/one/wals/00000002.history")
    put(s3, "physical/one/wals/zzzzzzzzzzzzzzzz/000000010000000000000009")
    put(s3, "physical/one/wals/0000000200000000/000000020000000000000004.partial")
    assert archive.written_until() is None
    put(s3, "physical/one/wals/0000000100000000/000000010000000000000003")

    until = archive.written_until()

    assert until is not None
    assert abs(datetime.now(UTC) - until) < timedelta(minutes=5)


def test_no_evidence_is_younger_than_its_object(s3: Any) -> None:
    put(s3, "evidence/99991231T235959Z-passed.json")
    put(s3, "evidence/2026112²T040000Z-passed.json")
    store = EvidenceStore(s3=s3, bucket=BUCKET, prefix="evidence")

    newest = store.newest_passed()

    assert newest is not None
    assert newest <= datetime.now(UTC) + timedelta(minutes=2)


def test_a_dump_from_the_future_is_no_newer_than_its_marker(s3: Any) -> None:
    put(s3, "dumps/app_db/99991231T235959Z/COMPLETE")
    put(s3, "dumps/app_db/20200101T040000Z/COMPLETE")
    put(s3, "dumps/app_db/latest/COMPLETE")

    found = list(complete_dumps(s3, BUCKET, "dumps/app_db/"))

    assert [each.dump_id for each in found] == ["99991231T235959Z", "20200101T040000Z"]
    assert found[0].taken <= datetime.now(UTC) + timedelta(minutes=2)


def test_a_dump_from_the_future_hides_none_that_came_after_it(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(s3, "dumps/app_db/99991231T235959Z/COMPLETE")
    put(s3, "dumps/app_db/20200101T040000Z/COMPLETE")
    listed = s3.list_objects_v2

    def long_ago(**asked: Any) -> Any:
        found = listed(**asked)
        for item in found.get("Contents", ()):
            if "9999" in item["Key"]:
                item["LastModified"] = datetime(2019, 1, 1, tzinfo=UTC)
        return found

    monkeypatch.setattr(s3, "list_objects_v2", long_ago)

    found = [each.dump_id for each in complete_dumps(s3, BUCKET, "dumps/app_db/")]

    assert found == ["20200101T040000Z", "99991231T235959Z"]


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[" * 5000, b'{"lsn": "0/1; drop table x", "still": true}', b"\xff"],
)
def test_a_moment_that_cannot_be_read_is_not_taken_for_none(s3: Any, body: bytes) -> None:
    put(s3, "dumps/app_db/20200101T040000Z/SNAPSHOT", body)

    with pytest.raises(Failed, match="SNAPSHOT is not what a dump writes"):
        dump_snapshot(s3, BUCKET, "dumps/app_db/20200101T040000Z")


def test_a_dump_that_names_a_great_many_roles_has_its_moment(s3: Any) -> None:
    roles = [f"{n:060}" for n in range(40_000)]
    shown = {"lsn": "0/1", "still": True, "roles": roles, "not_held": {"roles": roles[:9]}}
    body = json.dumps(shown).encode()
    assert len(body) > 2 * 1024**2
    put(s3, "dumps/app_db/20200101T040000Z/SNAPSHOT", body)

    found = dump_snapshot(s3, BUCKET, "dumps/app_db/20200101T040000Z")

    assert found is not None
    assert (found.lsn, found.still) == ("0/1", True)


def test_a_dump_without_a_moment_has_none(s3: Any) -> None:
    assert dump_snapshot(s3, BUCKET, "dumps/app_db/20200101T040000Z") is None
