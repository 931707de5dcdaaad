"""Restores that hang are ended where they run, and nothing else is."""

import shutil
import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from host.verbs.promote import _hurry
from host.writer.restores import HANGING_SECONDS, SLOW_SECONDS, ending_script

NAMESPACE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc")
"""As a container: the script must see no process of this machine."""
SCENE = f"""
bash -c 'exec -a barman-cloud-wal-restore sleep 60' & old=$!
bash -c 'exec -a barman-cloud-wal-archive sleep 60' & archive=$!
sleep {HANGING_SECONDS + 1}
bash -c 'exec -a barman-cloud-wal-restore sleep 60' & young=$!
sleep 0.2
"$PYTHON" -c "$SCRIPT" > /dev/null
kill "$archive" "$young"
for each in old archive young; do
  wait "${{!each}}"
  [ $? = {128 + signal.SIGKILL} ] && echo "$each was killed" || echo "$each was not"
done
"""
"""What ran to its end, or to this script's own signal, was not killed."""


def can_isolate() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_isolate(), reason="this machine allows no namespaces of one's own")
def test_only_a_restore_that_takes_longer_than_a_restore_takes_is_ended() -> None:
    done = subprocess.run(
        [*NAMESPACE, "bash", "-c", SCENE],
        env={
            "PYTHON": sys.executable,
            "SCRIPT": ending_script(HANGING_SECONDS),
            "PATH": "/usr/bin:/bin",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.stdout.split("\n")[:3] == [
        "old was killed",
        "archive was not",
        "young was not",
    ], done.stderr


@pytest.mark.parametrize(
    ("peer_is_silent", "older_than"), [(True, HANGING_SECONDS), (False, SLOW_SECONDS)]
)
def test_a_restore_from_a_bucket_that_answers_is_given_the_time_of_a_slow_one(
    peer_is_silent: bool, older_than: int
) -> None:
    """PostgreSQL takes the segment of one that is ended for missing."""
    ran: list[tuple[str, ...]] = []

    def run(*words: str, timeout_seconds: float) -> SimpleNamespace:
        ran.append(words)
        return SimpleNamespace(exit_code=0, stdout="")

    site: Any = SimpleNamespace(
        kubectl=SimpleNamespace(run=run), document=SimpleNamespace(namespace="postgres")
    )
    seen: Any = SimpleNamespace(cluster=SimpleNamespace(primary_pod="postgres-cluster-dr-1"))

    _hurry(site, None, peer_is_silent=peer_is_silent)(seen)

    assert [words[-1] for words in ran] == [ending_script(older_than)]
