"""Restores that hang are ended where they run, and nothing else is."""

import shutil
import subprocess
import sys

import pytest

from host.writer.restores import END_HANGING, HANGING_SECONDS

NAMESPACE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc")
"""As a container: the script must see no process of this machine."""
SCENE = f"""
bash -c 'exec -a barman-cloud-wal-restore sleep 60' & old=$!
bash -c 'exec -a barman-cloud-wal-archive sleep 60' & archive=$!
sleep {HANGING_SECONDS + 1}
bash -c 'exec -a barman-cloud-wal-restore sleep 60' & young=$!
sleep 0.2
"$PYTHON" -c "$SCRIPT" > /dev/null
for each in old archive young; do
  kill -0 "${{!each}}" 2> /dev/null && echo "$each runs" || echo "$each ended"
done
kill "$archive" "$young"
"""


def can_isolate() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_isolate(), reason="this machine allows no namespaces of one's own")
def test_only_a_restore_that_takes_longer_than_a_restore_takes_is_ended() -> None:
    done = subprocess.run(
        [*NAMESPACE, "bash", "-c", SCENE],
        env={"PYTHON": sys.executable, "SCRIPT": END_HANGING, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.stdout.split("\n")[:3] == ["old ended", "archive runs", "young runs"], done.stderr
