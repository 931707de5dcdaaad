"""Whether an archive reaches a moment, on a real PostgreSQL whose archiving stands still."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host.archive.reached import await_moment
from host.errors import Refused, TimedOut
from host.postgres.psql import Psql
from tests.host.decisions.conftest import PodShell, psql_of, started
from tests.host.decisions.examples import document, live
from tests.host.site.edges import FastClock

A_DAY_AGO = datetime.now(UTC) - timedelta(days=1)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class StillArchive:
    """Nothing new arrives in it."""

    server_name: str = "postgres-cluster"
    url: str = "s3://bucket/physical/postgres-cluster"
    asked: list[str] = field(default_factory=list)

    def holds_wal(self, lsn: str) -> bool:
        self.asked.append(lsn)
        return False

    def written_until(self) -> datetime:
        return LONG_AGO


def _named(refused: Refused) -> datetime:
    """The newest moment that can be restored, as the refusal has it."""
    return datetime.fromisoformat(
        str(refused).partition("the newest moment that it has: ")[2].partition(";")[0]
    )


@pytest.fixture(scope="module")
def stuck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PodShell]:
    """A writer whose segments all wait for the archive."""
    with started(tmp_path_factory.mktemp("stuck"), "archive_mode=on") as shell:
        psql_of(shell, "app_db").query(
            "create table public.t (); select pg_switch_wal() \\g /dev/null"
        )
        yield shell


def wait(
    shell: PodShell, at: datetime, monkeypatch: pytest.MonkeyPatch, **changes: Any
) -> StillArchive:
    monkeypatch.setattr(Psql, "at", lambda *_, **__: psql_of(shell, "app_db"))
    archive: Any = changes.get("archive", StillArchive())
    site: Any = SimpleNamespace(machine=SimpleNamespace(clock=FastClock(1000)), document=document())
    cluster = live()
    cluster.item["status"]["currentPrimary"] = "p-1"
    backup = changes.get("newest_backup", LONG_AGO)
    await_moment(site, cluster, archive, at, newest_backup=backup)
    return archive  # type: ignore[no-any-return]


def test_a_moment_before_what_waits_for_the_archive_is_there_however_long_that_stands_still(
    stuck: PodShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wait(stuck, A_DAY_AGO, monkeypatch).asked == []


def test_a_moment_that_may_be_in_what_waits_is_waited_for_and_refused(
    stuck: PodShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused, match=r"does not reach .* yet; nothing was made") as refused:
        wait(stuck, datetime.now(UTC), monkeypatch)

    assert wait(stuck, _named(refused.value), monkeypatch).asked == [], "that one is there"


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ago=st.timedeltas(timedelta(minutes=-5), timedelta(days=2)))
def test_any_moment_is_there_or_one_that_is_there_is_named(
    stuck: PodShell, monkeypatch: pytest.MonkeyPatch, ago: timedelta
) -> None:
    try:
        asked = wait(stuck, datetime.now(UTC) - ago, monkeypatch).asked
    except Refused as refused:
        asked = wait(stuck, _named(refused), monkeypatch).asked

    assert asked == []


def test_what_waits_here_says_nothing_of_the_other_sites_archive(
    stuck: PodShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused, match="nothing was made") as refused:
        wait(stuck, A_DAY_AGO, monkeypatch, archive=StillArchive(server_name="of-the-peer"))

    assert _named(refused.value) < LONG_AGO


def test_a_base_backup_from_after_the_moment_proves_that_it_is_there(
    stuck: PodShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = StillArchive(server_name="of-the-peer")
    backup = A_DAY_AGO + timedelta(hours=1)

    assert wait(stuck, A_DAY_AGO, monkeypatch, archive=other, newest_backup=backup).asked == []


def test_a_question_that_hangs_does_not_say_that_the_moment_is_not_there(
    stuck: PodShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hangs(*_: Any, **__: Any) -> None:
        raise TimedOut("`kubectl exec` did not end within 30 s")

    monkeypatch.setattr(Psql, "query", hangs)

    assert wait(stuck, datetime.now(UTC), monkeypatch).asked == []
