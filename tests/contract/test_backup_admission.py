"""What the operator's webhook and its CRD say to a Backup."""

import pytest

from host.kubernetes.cluster import BACKUPS, PLUGIN
from tests.contract.side import Object, Said, Side, failed

_OF_NOBODY = {"cluster": {"name": "nobody"}}
_BY_PLUGIN = {**_OF_NOBODY, "method": "plugin", "pluginConfiguration": {"name": PLUGIN}}


def make(side: Side, spec: Object) -> Said:
    return side.create(
        {
            "apiVersion": "postgresql.cnpg.io/v1",
            "kind": "Backup",
            "metadata": {"name": "a", "namespace": side.namespace},
            "spec": spec,
        }
    )


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (
            {**_OF_NOBODY, "method": "plugin"},
            "spec.pluginConfiguration: Invalid value: null: cannot be empty when the backup method "
            "is plugin",
        ),
        (
            {**_OF_NOBODY, "method": "volumeSnapshot"},
            'spec.method: Invalid value: "volumeSnapshot": Cannot use volumeSnapshot backup method '
            "due to missing VolumeSnapshot CRD. If you installed the CRD after having started the "
            "operator, please restart it to enable VolumeSnapshot support",
        ),
    ],
    ids=["plugin", "volumeSnapshot"],
)
def test_a_backup_that_nobody_could_take_is_refused(side: Side, spec: Object, told: str) -> None:
    assert make(side, spec) == failed(f'The Backup "a" is invalid: {told}')


def test_a_backup_says_for_good_what_it_is_of(side: Side) -> None:
    assert make(side, _BY_PLUGIN).exit_code == 0

    said = side.patch(BACKUPS, "a", {"spec": {"cluster": {"name": "other"}}})

    assert said == failed(
        'The Backup "a" is invalid: spec: Invalid value: BackupSpec is immutable once set'
    )


def test_a_backup_without_a_method_is_one_of_the_operator_s_own(side: Side) -> None:
    assert make(side, _OF_NOBODY).exit_code == 0

    assert side.get(BACKUPS, "a")["spec"]["method"] == "barmanObjectStore"
