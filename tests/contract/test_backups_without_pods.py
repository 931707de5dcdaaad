"""What the operator makes of a Backup and a ScheduledBackup where no pod ever runs."""

import re

import pytest

from host.kubernetes import backups, cluster
from host.kubernetes.cluster import BACKUPS, SCHEDULED_BACKUPS
from tests.contract.cluster_without_pods import make, owner, until
from tests.contract.host_kubectl import host_kubectl
from tests.contract.side import Side

pytestmark = pytest.mark.usefixtures("process")
BY_PLUGIN = {"method": "plugin", "pluginConfiguration": {"name": cluster.PLUGIN}}


def test_a_backup_of_a_cluster_that_is_not_there_waits(site: Side) -> None:
    make(
        site,
        {
            "apiVersion": "postgresql.cnpg.io/v1",
            "kind": "Backup",
            "metadata": {"name": "a", "namespace": site.namespace},
            "spec": {"cluster": {"name": "nobody"}, **BY_PLUGIN},
        },
    )

    seen = until("its phase", lambda: (b := site.get(BACKUPS, "a")) and backups.phase(b) and b)

    assert backups.phase(seen) == "pending"
    assert not backups.is_over(seen)


def test_a_schedule_takes_its_first_backup_at_once(begun: Side) -> None:
    spec = {
        "schedule": "0 0 2 * * *",
        "immediate": True,
        "backupOwnerReference": "self",
        "cluster": {"name": "there"},
        **BY_PLUGIN,
    }
    schedule = {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "ScheduledBackup",
        "metadata": {"name": "daily", "namespace": begun.namespace},
        "spec": spec,
    }
    make(begun, schedule)

    (made,) = until("its Backup", lambda: host_kubectl(begun).list(BACKUPS, begun.namespace))

    assert re.fullmatch(r"daily-\d{14}", made["metadata"]["name"])
    labels = made["metadata"]["labels"]
    assert labels["cnpg.io/scheduled-backup"] == "daily"
    assert (labels["cnpg.io/cluster"], labels["cnpg.io/immediateBackup"]) == ("there", "true")
    assert owner(made) == ("ScheduledBackup", "daily", True)
    assert {key: made["spec"][key] for key in ("cluster", *BY_PLUGIN)} == {
        "cluster": {"name": "there"},
        **BY_PLUGIN,
    }
    status = until("its status", lambda: begun.get(SCHEDULED_BACKUPS, "daily").get("status", {}))
    assert status["lastScheduleTime"]
