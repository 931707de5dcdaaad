"""`k3s server --cluster-reset` on the rig."""

import pytest

from drill.rig.inside import cluster_reset
from drill.rig.inside.k3s_parts import forgetting_members

CONFIG = {"data-dir": "/data/k3s", "node-name": "server-1"}


def test_a_server_that_is_told_to_join_others_is_not_reset(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = cluster_reset.run({**CONFIG, "server": "https://k3s.pgtwin.internal:6443"})

    assert code == 1
    assert "cannot perform cluster-reset while server URL is set" in capsys.readouterr().err


def test_a_reset_starts_the_same_store_with_new_members() -> None:
    argv = forgetting_members(CONFIG).argv

    assert "--data-dir=/data/k3s/server/db/etcd" in argv
    assert argv[-1] == "--force-new-cluster"
