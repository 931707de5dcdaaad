"""Every field of a status that the host program reads is one that the API keeps.

A status that a schema does not know is dropped by a real API server, without an error: a renamed
field would read as "not set" forever.
"""

from typing import Any

import pytest

from host.kubernetes.cluster import BACKUPS, KIND, PAUSED, PLUGIN
from tests.contract.side import Object, Side
from tests.contract.test_foreign_words import words_of

CLUSTER: dict[str, Any] = {
    "phase": "Cluster in healthy state",
    "phaseReason": "none",
    "currentPrimary": "here-1",
    "readyInstances": 1,
    "instanceNames": ["here-1"],
    "timelineID": 2,
    "demotionToken": "a",
    "lastPromotionToken": "b",
    "switchReplicaClusterStatus": {"inProgress": True},
    "image": "postgresql:18",
    "pgDataImageInfo": {"image": "postgresql:17", "majorVersion": 17},
    "certificates": {"expirations": {"here-ca": "2027-01-01 00:00:00 +0000 UTC"}},
    "conditions": [
        {
            "type": "Ready",
            "status": "True",
            "reason": "ClusterIsReady",
            "message": "",
            "lastTransitionTime": "2026-11-25T20:00:00Z",
        },
        {
            "type": "ContinuousArchiving",
            "status": "False",
            "reason": "ContinuousArchivingFailing",
            "message": "",
            "lastTransitionTime": "2026-11-25T20:00:00Z",
        },
    ],
}
BACKUP: dict[str, Any] = {"phase": "completed", "backupId": "20261125T200000", "error": "none"}


def _paused(side: Side) -> Object:
    """A Cluster that the operator leaves alone, so that its status stays as it was written."""
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "metadata": {
            "name": "here",
            "namespace": side.namespace,
            "annotations": {PAUSED: "disabled"},
        },
        "spec": {"instances": 1, "storage": {"size": "1Gi"}},
    }


def _backup(side: Side) -> Object:
    """A Backup of nobody; once it is over the operator leaves it as it is."""
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Backup",
        "metadata": {"name": "here", "namespace": side.namespace},
        "spec": {
            "cluster": {"name": "nobody"},
            "method": "plugin",
            "pluginConfiguration": {"name": PLUGIN},
        },
    }


@pytest.mark.parametrize(
    ("kind", "make", "status"),
    [(KIND, _paused, CLUSTER), (BACKUPS, _backup, BACKUP)],
    ids=["Cluster", "Backup"],
)
def test_a_status_is_kept_field_by_field(side: Side, kind: str, make: Any, status: Object) -> None:
    side.create(make(side))

    said = side.patch(kind, "here", {"status": status}, "--subresource=status")

    assert (said.exit_code, said.stderr) == (0, "")
    kept = side.get(kind, "here")["status"]
    assert {key: kept.get(key) for key in status} == status


def test_these_are_the_fields_that_the_host_program_reads() -> None:
    read = words_of("CloudNativePG: a Cluster's status")
    nested = (CLUSTER[field] for field in CLUSTER if isinstance(CLUSTER[field], dict))
    conditions = {each["type"] for each in CLUSTER["conditions"]}
    written = set(CLUSTER).union(*nested, conditions)

    assert set(read) <= written
    assert {"backupId", "error"} <= {*BACKUP} & {*words_of("CloudNativePG: a Backup")}
