from typing import Any

from drill.rig.inside.local_path import PROVISIONER, released, volume, wanted

CLASSES: list[dict[str, Any]] = [
    {
        "metadata": {"name": "postgres-retain"},
        "provisioner": PROVISIONER,
        "reclaimPolicy": "Retain",
    },
    {"metadata": {"name": "cloud"}, "provisioner": "ebs.csi.aws.com"},
]


def claim(name: str, node: str, storage_class: str = "postgres-retain") -> dict[str, Any]:
    chosen = {"volume.kubernetes.io/selected-node": node}
    return {
        "metadata": {"name": name, "namespace": "postgres", "uid": "u", "annotations": chosen},
        "spec": {
            "storageClassName": storage_class,
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }


def test_a_machine_provides_for_the_claims_that_were_put_on_it_and_for_no_other() -> None:
    bound = claim("bound", "agent-1")
    bound["spec"]["volumeName"] = "pvc-1"
    claims = [claim("mine", "agent-1"), claim("other", "agent-2"), bound]
    claims.append(claim("foreign", "agent-1", "cloud"))

    found = wanted(claims, CLASSES, "agent-1")

    assert [item["metadata"]["name"] for item, _ in found] == ["mine"]


def test_a_volume_keeps_the_policy_of_its_class_and_stays_on_its_machine() -> None:
    made = volume(claim("data", "agent-1"), CLASSES[0], node="agent-1", folder="/data/local-path")

    assert made["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert made["spec"]["hostPath"]["path"] == "/data/local-path/pvc-u_postgres_data"
    assert "agent-1" in str(made["spec"]["nodeAffinity"])


def test_only_a_released_volume_with_the_policy_delete_is_deleted() -> None:
    kept = volume(claim("data", "agent-1"), CLASSES[0], node="agent-1", folder="/f")
    lost = volume(
        claim("scratch", "agent-1"),
        {**CLASSES[0], "reclaimPolicy": "Delete"},
        node="agent-1",
        folder="/f",
    )
    for each in (kept, lost):
        each["status"] = {"phase": "Released"}

    assert released([kept, lost], "agent-1") == [lost]
    assert released([kept, lost], "agent-2") == []
