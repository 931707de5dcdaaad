"""A verification restores, looks, compares, and leaves nothing behind but its evidence."""

import json
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drill.kubernetes.pod_exec import ExecRequest, ExecResult
from host.errors import Failed, Locked, Refused
from host.evidence.status_reader import StatusReader
from host.kubernetes import operator_log
from host.machine.lock import lock
from host.verbs import backup, restore, verify
from host.verification.throw_away import CLAIMS, ThrowAway
from host.verification.throw_away_cluster import VERIFIED_BY
from tests.host.site.edges import SkippingClock
from tests.host.site.test_host_evidence import HEALTHY
from tests.host.site.world import World

GIB = 1024**3
KINDS = ("Cluster", "Job", "PersistentVolumeClaim")
ROWS = {
    "public.account": {"rows": 3, "checksum": "17"},
    "public.empty": {"rows": 0, "checksum": "0"},
}


@dataclass
class Databases:
    """What the pods answer; the content of each database is told."""

    archive: dict[str, Any] = field(default_factory=lambda: dict(ROWS))
    dump: dict[str, Any] = field(default_factory=lambda: dict(ROWS))
    corruption: str = ""
    left_out: tuple[str, ...] = ()
    """Of the dump, as its restore has noted it."""
    free_bytes: int = 100 * GIB
    newest_row_age_seconds: float = 30.0
    checked: list[str] = field(default_factory=list)
    lsn: str = "0/3000148"
    archive_segment: Callable[[], None] = lambda: None
    """What the writer does when it is asked to close its open segment."""

    def answer(self, request: ExecRequest) -> ExecResult | None:
        if request.argv[0] == "df":
            used = 10 * GIB
            return ExecResult(stdout=f"size used\n{used + self.free_bytes} {used}\n")
        if request.argv[0] == "pg_amcheck":
            self.checked.append(request.pod)
            return ExecResult(stdout=self.corruption, exit_code=2 if self.corruption else 0)
        sql = request.stdin.decode()
        if "pg_switch_wal" in sql:
            self.archive_segment()
        if "VERBOSITY verbose" in sql:
            return self._why_unread(sql)
        copy = self.dump if "dbname='verified_dump'" in " ".join(request.argv) else self.archive
        told = next((told for words, told in self._answers(copy) if words in sql), None)
        if told is None and "extract(epoch" in sql and request.pod.startswith("verify-"):
            told = f"{self.newest_row_age_seconds}\n"
        return None if told is None else ExecResult(stdout=told)

    def _answers(self, copy: dict[str, Any]) -> list[tuple[str, str]]:
        read = [{"table": each, **copy[each]} for each in copy if "rows" in copy[each]]
        return [
            ("pg_current_wal_insert_lsn", json.dumps(self.lsn)),
            ("waiting.name = segment.name", "0"),  # a segment has waited for the archive since 1970
            ("pg_switch_wal", f"{GIB}\n"),
            ("pg_database_size", f"{GIB}\n"),
            ("create extension if not exists amcheck", ""),
            ("json_object_agg(kind, names)", json.dumps({"sequences": ["public.counter"]})),
            ("shobj_description", json.dumps("\n".join(self.left_out) or None)),
            ("c.relkind, c.oid::text", "[]"),
            ("quote_ident(a.attname::text)", json.dumps([_table(name) for name in copy])),
            ("hashtextextended", "\n".join(map(json.dumps, read))),
        ]

    def _why_unread(self, sql: str) -> ExecResult:
        copies = (self.archive, self.dump)
        found = {n: c[n] for c in copies for n in c if f"'{n}'" in sql and "unread" in c[n]}
        for why in found.values():
            return ExecResult(stderr=f"ERROR:  {why['unread']}\n", exit_code=3)
        return ExecResult()


def _table(name: str) -> dict[str, Any]:
    return {"name": name, "whole": name, "columns": []}


@pytest.fixture
def databases() -> Databases:
    return Databases()


@pytest.fixture
def primary(world: World, databases: Databases) -> Iterator[World]:
    """The primary site at work, with a base backup and a later dump."""
    operator = world.start_operator()
    world.api.on_exec(lambda request: databases.answer(request) or operator.sql.run(request))
    world.apply()
    stop = threading.Event()
    jobs = threading.Thread(target=finish_jobs, args=(world, stop), daemon=True)
    jobs.start()
    wait_healthy(world)
    backup.run(world.machine, Namespace(begin=False))
    world.clock = WaitingClock()
    databases.archive_segment = lambda: put_segment(world)
    put_dump(world)
    yield world
    stop.set()
    jobs.join()


class WaitingClock(SkippingClock):
    """Skips time, and lets the operator's threads run meanwhile."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        threading.Event().wait(0.02)


def wait_healthy(world: World) -> None:
    clock = WaitingClock()
    while world.cluster().get("status", {}).get("phase") != HEALTHY:
        assert clock.monotonic() < 2000
        clock.sleep(1)


def finish_jobs(world: World, stop: threading.Event) -> None:
    """A Job controller that ends every Job at once."""
    while not stop.wait(0.02):
        for job in world.api.list("Job", "postgres"):
            if not job.get("status", {}).get("conditions"):
                ended = {"conditions": [{"type": "Complete", "status": "True"}]}
                world.api.patch_status("Job", job["metadata"]["name"], ended)


def put_dump(world: World, *, after: timedelta = timedelta(seconds=5), **snapshot: Any) -> str:
    """A dump in the site's bucket, taken so long after now."""
    name = f"{datetime.now(UTC) + after:%Y%m%dT%H%M%SZ}"
    shown = json.dumps({"lsn": "0/3000148", "still": True, **snapshot})
    for file, body in (("SNAPSHOT", shown), ("COMPLETE", "{}")):
        world.client("s3").put_object(
            Bucket=world.bucket("primary"), Key=f"dumps/app_db/{name}/{file}", Body=body.encode()
        )
    return name


def put_segment(world: World, name: str = "000000010000000000000003") -> None:
    """A WAL segment in the site's archive; that one holds the dump's moment."""
    key = f"physical/postgres-cluster/wals/{name[:16]}/{name}.zst"
    world.client("s3").put_object(Bucket=world.bucket("primary"), Key=key, Body=b"wal")


def run(world: World, *, weekly: bool = False) -> dict[str, Any]:
    return verify.run(world.machine, Namespace(weekly=weekly))


def evidence(world: World) -> list[tuple[str, dict[str, Any]]]:
    s3, bucket = world.client("s3"), world.bucket("primary")
    found = s3.list_objects_v2(Bucket=bucket, Prefix="evidence/").get("Contents", [])
    return [
        (each["Key"], json.loads(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()))
        for each in found
    ]


def left(world: World) -> list[str]:
    """What a verification made and did not delete."""
    names = [each["metadata"]["name"] for kind in KINDS for each in world.api.list(kind)]
    return [name for name in names if name.startswith("verify-")]


def test_leaves_evidence_and_nothing_else(primary: World, databases: Databases) -> None:
    before = primary.versions()

    put_dump(primary, not_held={"subscriptions": ["orders"]}, after=timedelta(seconds=7))

    result = run(primary)

    ((key, found),) = evidence(primary)
    assert key == result["evidence"]
    assert key.endswith("-passed.json")
    assert found["passed"] is True
    assert [check["check"] for check in found["checks"]] == [
        "base backup",
        "pg_amcheck",
        "dump",
        "rows",
        "throw-away deleted",
    ]
    assert found["checks"][3]["result"] == "3 rows of 2 tables are equal"
    assert [check["verdict"] for check in found["checks"]] == ["passed"] * 5
    assert found["tables"][0]["archive"] == {"rows": 3, "checksum": "17"}
    assert found["not_compared"] == {"sequences": ["public.counter"]}
    assert found["not_in_the_dump"] == {"subscriptions": ["orders"]}
    assert found["not_restored"] == result["not_restored"] == []
    assert [pod.startswith("verify-") for pod in databases.checked] == [True]
    assert left(primary) == []
    assert primary.versions() == before


def test_what_the_dumps_restore_left_out_is_in_the_evidence_and_the_first_of_it_is_told(
    primary: World, databases: Databases
) -> None:
    databases.left_out = tuple(f"PUBLICATION - p{n} {'x' * 200}" for n in range(30))

    result = run(primary)

    ((_, found),) = evidence(primary)
    assert found["passed"]
    assert found["not_restored"] == list(databases.left_out)
    *first, rest = result["not_restored"]
    assert first == [each[:100] for each in databases.left_out[:20]]
    assert rest == "and 10 more"


def test_a_dump_whose_wal_is_still_open_on_the_writer_is_verified_without_waiting(
    primary: World,
) -> None:
    began = primary.clock.monotonic()

    run(primary)

    (_, found), *_ = evidence(primary)
    assert found["passed"]
    assert primary.clock.monotonic() - began < 60


def test_a_restore_to_just_now_waits_until_the_archive_holds_a_later_commit(
    primary: World, databases: Databases
) -> None:
    closed: list[bool] = []

    def close() -> None:
        closed.append(True)
        put_segment(primary)

    databases.archive_segment = close

    restore.restore(primary.site, at=primary.clock.now(), into="just-now", source="primary")

    assert closed == [True]
    assert primary.api.get("Cluster", "just-now") is not None


def test_a_restore_to_a_moment_that_the_archive_does_not_reach_makes_nothing(
    primary: World, databases: Databases
) -> None:
    databases.lsn, databases.archive_segment = "0/FF000148", lambda: None

    with pytest.raises(Refused, match="nothing was made"):
        restore.restore(primary.site, at=primary.clock.now(), into="just-now", source="primary")

    assert primary.api.get("Cluster", "just-now") is None


def test_a_writer_whose_wal_was_archived_already_is_left_alone(
    primary: World, databases: Databases
) -> None:
    put_segment(primary, "000000020000000000000007")
    asked: list[bool] = []
    databases.archive_segment = lambda: asked.append(True)

    run(primary)

    assert asked == []


def test_wal_that_does_not_arrive_fails_the_verification_and_is_named(
    primary: World, databases: Databases
) -> None:
    put_segment(primary, "000000010000000000000002")
    databases.archive_segment = lambda: None

    with pytest.raises(Failed, match="the WAL of the dump's moment, 0/3000148"):
        run(primary)

    assert left(primary) == []


def test_restores_the_newest_base_backup_to_the_moment_of_the_newest_dump(primary: World) -> None:
    run(primary)

    ((_, found),) = evidence(primary)
    assert found["restored_to"] == {
        "backupID": found["base_backup"]["id"],
        "targetLSN": "0/3000148",
        "exclusive": True,
    }


def test_a_table_that_differs_fails_and_is_named(primary: World, databases: Databases) -> None:
    databases.archive["public.account"] = {"rows": 3, "checksum": "18"}

    with pytest.raises(Failed, match=r"differ in: public\.account"):
        run(primary)

    ((key, found),) = evidence(primary)
    assert key.endswith("-failed.json")
    assert found["passed"] is False
    assert left(primary) == []


def test_a_table_that_is_missing_fails_even_where_the_moment_was_not_still(
    primary: World, databases: Databases
) -> None:
    put_dump(primary, after=timedelta(seconds=9), still=False)
    del databases.archive["public.empty"]

    with pytest.raises(Failed, match=r"only the dump has: public\.empty"):
        run(primary)


def test_what_was_just_being_written_is_named_and_not_judged(
    primary: World, databases: Databases
) -> None:
    put_dump(primary, after=timedelta(seconds=9), still=False)
    databases.archive["public.empty"] = {"rows": 1, "checksum": "5"}

    run(primary)

    ((_, found),) = evidence(primary)
    assert found["checks"][3]["result"] == (
        "3 rows of 1 tables are equal; transactions were committing when the dump began, "
        "not judged: public.empty"
    )


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("XX001: invalid page in block 7", "differs"),
        ("55P03: canceling statement due to lock timeout", "could not look"),
    ],
)
def test_a_table_that_cannot_be_read_has_not_passed_and_is_no_difference_by_itself(
    primary: World, databases: Databases, said: str, verdict: str
) -> None:
    databases.archive["public.account"] = {"unread": said}

    with pytest.raises(Failed, match=f"rows, {verdict}: .*public.account: {said[7:]}"):
        run(primary)

    ((_, found),) = evidence(primary)
    assert found["checks"][3]["verdict"] == verdict


def test_corruption_fails_and_the_rest_is_looked_at_all_the_same(
    primary: World, databases: Databases
) -> None:
    databases.corruption = 'btree index "public.account_pkey": item order invariant violated'

    with pytest.raises(Failed, match="item order invariant violated"):
        run(primary)

    ((_, found),) = evidence(primary)
    assert [check["passed"] for check in found["checks"]] == [True, False, True, True, True]
    assert left(primary) == []


def test_a_dump_older_than_the_base_backup_is_restored_but_not_compared(
    primary: World, databases: Databases
) -> None:
    s3, bucket = primary.client("s3"), primary.bucket("primary")
    for each in s3.list_objects_v2(Bucket=bucket, Prefix="dumps/")["Contents"]:
        s3.delete_object(Bucket=bucket, Key=each["Key"])
    put_dump(primary, after=timedelta(days=-1))
    databases.archive["public.account"] = {"rows": 4, "checksum": "18"}

    run(primary)

    ((_, found),) = evidence(primary)
    assert "targetLSN" not in found["restored_to"]
    assert "is older than the base backup" in found["checks"][3]["result"]
    databases.newest_row_age_seconds = 7200
    with pytest.raises(Failed, match="the archive ends early"):
        run(primary)


def test_a_dump_whose_moment_cannot_be_read_has_not_passed(primary: World) -> None:
    name = put_dump(primary, after=timedelta(seconds=7))
    primary.client("s3").put_object(
        Bucket=primary.bucket("primary"), Key=f"dumps/app_db/{name}/SNAPSHOT", Body=b"{"
    )

    with pytest.raises(Failed, match="SNAPSHOT is not what a dump writes"):
        run(primary)

    ((_, found),) = evidence(primary)
    verdicts = ["passed", "passed", "passed", "could not look", "passed"]
    assert [check["verdict"] for check in found["checks"]] == verdicts


def test_a_restore_that_fails_leaves_its_reason_and_no_cluster_behind(
    primary: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The API of the tests has no logs.
    log = json.dumps({"msg": "Can't restore backup", "level": "error", "error": "exit status 1"})
    monkeypatch.setattr(operator_log, "read", lambda *_: log)
    s3, bucket = primary.client("s3"), primary.bucket("primary")
    infos = [
        each["Key"]
        for each in s3.list_objects_v2(Bucket=bucket, Prefix="physical/")["Contents"]
        if each["Key"].endswith("backup.info")
    ]
    site = primary.site
    chosen = verify._verification(site)
    for info in infos:
        s3.delete_object(Bucket=bucket, Key=info)

    found = chosen.run()

    assert [check["passed"] for check in found["checks"]] == [False, True]
    assert "Can't restore backup: exit status 1" in found["checks"][0]["result"]
    assert left(primary) == []


def test_what_an_interrupted_run_left_is_deleted_by_the_next(primary: World) -> None:
    leave_throw_away(primary, by="server-1")

    run(primary)

    assert left(primary) == []


def test_a_claim_that_outlives_its_cluster_goes_too(primary: World) -> None:
    name = leave_throw_away(primary, by="server-1")
    for cluster in (name, "postgres-cluster"):
        claim = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": f"{cluster}-orphan",
                "namespace": "postgres",
                "labels": {"cnpg.io/cluster": cluster},
            },
            "spec": {"accessModes": ["ReadWriteOnce"]},
        }
        primary.api.create(claim)

    ThrowAway(primary.site, "server-1").clear()

    assert left(primary) == []
    assert primary.api.get("PersistentVolumeClaim", "postgres-cluster-orphan") is not None


def test_another_machines_verification_is_left_alone(primary: World) -> None:
    name = leave_throw_away(primary, by="server-2")

    with pytest.raises(Refused, match="server-2 verifies in the cluster"):
        run(primary)

    assert name in left(primary)
    assert evidence(primary) == []


@pytest.mark.parametrize("name", ["verify-by-hand", "postgres-cluster"])
def test_a_cluster_that_it_did_not_make_is_never_deleted(primary: World, name: str) -> None:
    if name == "verify-by-hand":
        leave_throw_away(primary, by="server-1", name=name, labels={})
    site = primary.site
    throw_away = ThrowAway(site, "server-1")

    throw_away.clear()
    with pytest.raises(Failed, match="is not a throw-away"):
        throw_away.delete(name)

    assert primary.api.get("Cluster", name) is not None
    assert primary.api.list(CLAIMS, "postgres")


def leave_throw_away(
    world: World, *, by: str, name: str = "verify-20261122060000", labels: Any = None
) -> str:
    live = world.cluster()
    world.api.create(
        {
            "apiVersion": live["apiVersion"],
            "kind": "Cluster",
            "metadata": {
                "name": name,
                "namespace": "postgres",
                "labels": {VERIFIED_BY: by} if labels is None else labels,
            },
            "spec": {"instances": 1, "storage": {"size": "1Gi"}},
        }
    )
    return name


def test_a_site_without_room_is_left_as_it_is(primary: World, databases: Databases) -> None:
    databases.free_bytes = 5 * GIB

    with pytest.raises(Refused, match=r"needs 7.0 GiB, and the volume under postgres-cluster-\d"):
        run(primary)

    assert left(primary) == []
    assert evidence(primary) == []


def test_a_restore_that_would_fill_the_volume_of_the_live_database_is_refused(
    primary: World, databases: Databases
) -> None:
    databases.free_bytes = 5 * GIB

    with pytest.raises(Refused, match=r"restore into copy needs 5\.0 GiB, and the volume"):
        restore.restore(primary.site, at=primary.clock.now(), into="copy", source="primary")

    assert primary.api.get("Cluster", "copy") is None


@pytest.mark.parametrize(("prefix", "said"), [("physical/", "base backup"), ("dumps/", "no dump")])
def test_nothing_to_verify_is_no_failed_verification(
    primary: World, prefix: str, said: str
) -> None:
    s3, bucket = primary.client("s3"), primary.bucket("primary")
    for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
        s3.delete_object(Bucket=bucket, Key=each["Key"])

    with pytest.raises(Refused, match=said):
        run(primary)

    assert evidence(primary) == []


def test_two_runs_on_one_machine_do_not_meet(primary: World) -> None:
    with lock(primary.files, "verify"), pytest.raises(Locked):
        run(primary)


def test_the_weekly_run_rests_until_the_proof_is_a_week_old(primary: World) -> None:
    first = run(primary)
    assert run(primary, weekly=True)["evidence"] is None

    primary.clock.seconds += timedelta(days=7).total_seconds()

    assert run(primary, weekly=True)["evidence"] not in (None, first["evidence"])


def test_a_failed_verification_is_repeated_the_next_day(
    primary: World, databases: Databases
) -> None:
    databases.corruption = "broken"
    with pytest.raises(Failed):
        run(primary, weekly=True)
    databases.corruption = ""

    primary.clock.seconds += timedelta(days=1).total_seconds()

    assert run(primary, weekly=True)["evidence"] is not None


def test_the_status_counts_from_the_newest_proof_that_passed(
    primary: World, databases: Databases
) -> None:
    fresh = StatusReader(primary.site).read().evidence
    assert fresh is not None
    assert fresh.newest_at is None
    assert 0 <= fresh.age_seconds < 3600, "a site that was just made is not late"
    passed = run(primary)["verified"]
    primary.clock.seconds += timedelta(days=2).total_seconds()
    databases.corruption = "broken"
    with pytest.raises(Failed):
        run(primary)

    found = StatusReader(primary.site).read().evidence

    assert found is not None
    assert found.newest_at == passed
    assert found.age_seconds > timedelta(days=2).total_seconds()
