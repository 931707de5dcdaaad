"""What our manifests are not, by one value each, and what is said of it."""

from copy import deepcopy
from typing import Any

from tests.contract.shipped_objects import Object, one

GONE = object()
"""In the place of a value: the field is left out."""
_NOT_LOOKED_AT = (
    "\n* <nil>: Invalid value: null: some validation rules were not checked because the object was "
    "invalid; correct the existing errors to complete validation"
)
CLUSTER = 'The Cluster "postgres-cluster" is invalid: '
_SCHEDULE = 'The ScheduledBackup "postgres-cluster-daily" is invalid: '


def changed(kind: str, path: tuple[Any, ...], value: Any) -> Object:
    """A shipped object with another value."""
    item = deepcopy(one(kind))
    inside: Any = item
    for key in path[:-1]:
        inside = inside[key]
    if value is GONE:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return item


UNTYPED = [
    ("Cluster", ("spec", "newField"), 1, "field not declared in schema"),
    ("Cluster", ("spec", "instances"), "two", "expected numeric (int or float), got string"),
    ("Cluster", ("spec", "plugins", 0, "isWALArchiver"), "yes", "expected boolean, got &{yes}"),
    ("ScheduledBackup", ("spec", "newField"), 1, "field not declared in schema"),
    ("ObjectStore", ("spec", "newField"), 1, "field not declared in schema"),
    ("CronJob", ("spec", "newField"), 1, "field not declared in schema"),
    ("CronJob", ("spec", "suspend"), "yes", "expected boolean, got &{yes}"),
    ("PodTemplate", ("template", "spec", "newField"), 1, "field not declared in schema"),
    ("NetworkPolicy", ("spec", "podSelector"), "x", "expected map, got &{x}"),
    (
        "ConfigMap",
        ("data", "x"),
        1,
        "expected string, got &value.valueUnstructured{Value:1}",
    ),
]

INVALID = [
    (
        changed("Cluster", ("spec", "instances"), 0),
        f"{CLUSTER}spec.instances: Invalid value: 0: spec.instances in body should be greater "
        "than or equal to 1",
    ),
    (
        changed("Cluster", ("spec", "storage", "size"), "1Q"),
        f'{CLUSTER}spec.storage.size: Invalid value: "1Q": Size value isn\'t valid',
    ),
    (
        changed("Cluster", ("spec", "storage"), GONE),
        f'{CLUSTER}spec.storage.size: Invalid value: "": Size not configured. Please add it, or a '
        "storage request in the pvcTemplate.",
    ),
    (
        changed("Cluster", ("spec", "primaryUpdateMethod"), "magic"),
        f'{CLUSTER}\n* spec.primaryUpdateMethod: Unsupported value: "magic": supported values: '
        f'"switchover", "restart"{_NOT_LOOKED_AT}',
    ),
    (
        changed("Cluster", ("spec", "imageName"), "postgresql:latest"),
        f"{CLUSTER}spec.imageName: Invalid value: \"postgresql:latest\": Can't use 'latest' as "
        "image tag as we can't detect upgrades",
    ),
    (
        changed("ScheduledBackup", ("spec", "schedule"), "at noon"),
        f'{_SCHEDULE}spec.schedule: Invalid value: "at noon": Expected 5 to 6 fields, found 2: at '
        "noon",
    ),
    (
        changed("ScheduledBackup", ("spec", "method"), "magic"),
        f'{_SCHEDULE}\n* spec.method: Unsupported value: "magic": supported values: '
        f'"barmanObjectStore", "volumeSnapshot", "plugin"{_NOT_LOOKED_AT}',
    ),
    (
        changed("ScheduledBackup", ("spec", "cluster"), GONE),
        f"{_SCHEDULE}\n* spec.cluster: Required value{_NOT_LOOKED_AT}",
    ),
    (
        {**changed("ObjectStore", ("spec", "configuration"), GONE)},
        "\n* spec.configuration: Required value" + _NOT_LOOKED_AT,
    ),
    (
        changed("NetworkPolicy", ("spec", "policyTypes"), ["Sideways"]),
        'spec.policyTypes[0]: Unsupported value: "Sideways": supported values: "Ingress", "Egress"',
    ),
    (
        changed("CronJob", ("spec", "schedule"), "at noon"),
        'The CronJob "dump" is invalid: spec.schedule: Invalid value: "at noon": expected exactly '
        "5 fields, found 2: [at noon]",
    ),
    (
        changed("CronJob", ("spec", "concurrencyPolicy"), "Sometimes"),
        'The CronJob "dump" is invalid: spec.concurrencyPolicy: Unsupported value: "Sometimes": '
        'supported values: "Allow", "Forbid", "Replace"',
    ),
    (
        changed("PodTemplate", ("template", "spec", "containers"), []),
        'The PodTemplate "dump-restore" is invalid: template.spec.containers: Required value',
    ),
    (
        changed("StorageClass", ("reclaimPolicy",), "Forget"),
        'The StorageClass "postgres-retain" is invalid: reclaimPolicy: Unsupported value: '
        '"Forget": supported values: "Delete", "Retain"',
    ),
    (
        changed("StorageClass", ("provisioner",), GONE),
        'The StorageClass "postgres-retain" is invalid: provisioner: Required value',
    ),
]

FIXED = {
    "archive_command": "true",
    "hot_standby": "off",
    "listen_addresses": "*",
    "log_destination": "stderr",
    "port": "5433",
    "primary_conninfo": "host=a",
    "recovery_target_timeline": "current",
    "restart_after_crash": "on",
    "restore_command": "true",
    "shared_preload_libraries": "x",
    "ssl": "off",
    "synchronous_standby_names": "*",
}
