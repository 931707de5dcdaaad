"""What a failover inside the site leaves out of the archive, on real PostgreSQL."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.operator.instance import Instance
from drill.waiting import wait_for
from host.archive.archive import segment_of
from host.archive.old_timelines import SEGMENTS, TIMELINES, behind_the_first, whole_segments
from host.errors import Failed
from host.kubernetes.kubectl import Kubectl
from host.machine.machine import Result
from host.postgres.archive_again import archive_again
from host.postgres.control_data import PGDATA
from tests.host.decisions.servers import archive_in, look_at, servers

lsns = st.builds("{:X}/{:X}".format, st.integers(0, 3), st.integers(2**24, 2**32 - 1))


@dataclass
class Pod:
    """Runs what `kubectl exec` would run in the pod of an instance."""

    instance: Instance

    def run(self, *arguments: str, timeout_seconds: float) -> Result:
        argv: Sequence[str] = arguments[arguments.index("--") + 1 :]
        here = [word.replace(PGDATA, str(self.instance.pgdata)) for word in argv]
        done = subprocess.run(
            here, capture_output=True, text=True, timeout=timeout_seconds, check=False
        )
        return Result(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)


def again(instance: Instance, segments: Sequence[str]) -> tuple[str, ...]:
    kubectl = cast(Kubectl, Pod(instance))
    return archive_again(kubectl, namespace="postgres", pod=instance.name, segments=segments)


def test_segments_that_a_lost_instance_did_not_upload_are_archived_by_the_one_that_leads(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("hole")
    archive = archive_in(folder)
    settings = {
        "archive_mode": "on",
        "archive_command": f"cp %p {archive}/%f",
        "wal_keep_size": "512MB",
    }
    with servers(folder, "site-1", "site-2", **settings) as (lost, leads):
        _fill_segments(lost, 2)
        wait_for(lambda: _arrived(archive) != [], 60, "a segment in the archive")
        lost.query("ALTER SYSTEM SET archive_command = 'false'")
        lost.reload()
        _fill_segments(lost, 3)
        end = lost.value("SELECT pg_current_wal_lsn()")
        replayed = f"SELECT pg_last_wal_replay_lsn() >= '{end}'"
        wait_for(lambda: leads.value(replayed), 60, "the standby to have all of it")
        lost.crash()
        leads.query("SELECT pg_promote()")
        history = look_at(leads).history
        assert history is not None
        wanted = whole_segments(history)
        hole = [name for name in wanted if name not in _arrived(archive)]
        assert len(hole) >= 3

        assert again(leads, [*hole, "0000000100000000000000FF"]) == ("0000000100000000000000FF",)

        leads.query("CHECKPOINT")
        _fill_segments(leads, 1)
        wait_for(lambda: set(wanted) <= set(_arrived(archive)), 120, "the hole to be closed")
        left_in = history["1"]
        assert not [name for name in wanted if int(name[16:], 16) >= segment_of(left_in)[1]]


def test_a_pod_that_cannot_do_it_says_so(tmp_path: Path) -> None:
    class Nobody:
        def run(self, *_arguments: str, timeout_seconds: float) -> Result:
            return Result(exit_code=1, stdout="", stderr=f"none within {timeout_seconds}")

    with pytest.raises(Failed, match="cannot be archived again"):
        archive_again(cast(Kubectl, Nobody()), namespace="postgres", pod="p-1", segments=["A"])


@given(left=st.lists(lsns, min_size=1, max_size=6))
def test_only_whole_segments_before_the_switch_are_named_and_never_too_many(
    left: list[str],
) -> None:
    ordered = sorted(left, key=segment_of)
    history = {str(number): lsn for number, lsn in enumerate(ordered, start=1)}

    named = whole_segments(history)

    assert len(named) <= SEGMENTS * TIMELINES
    assert list(named) == sorted(named)
    for name in named:
        position = (int(name[8:16], 16), int(name[16:], 16))
        timeline = int(name[:8], 16)
        assert (0, 0) < position < segment_of(history[str(timeline)])
        assert timeline == 1 or position >= segment_of(history[str(timeline - 1)])


def test_what_is_older_than_the_archive_is_not_missed() -> None:
    lacking = [f"00000001000000000000000{number}" for number in (2, 5)]

    assert behind_the_first(lacking, ["000000010000000000000003"]) == [lacking[1]]


def _fill_segments(instance: Instance, count: int) -> None:
    for _ in range(count):
        instance.query("SELECT pg_logical_emit_message(true, '', ''), pg_switch_wal()")


def _arrived(archive: Path) -> list[str]:
    return sorted(path.name for path in archive.iterdir() if len(path.name) == 24)
