"""What the manifests ask of the operator's double is done; what it would leave out is refused."""

from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import yaml

from drill.operator import bootstrap
from drill.operator.archive import Archive
from drill.operator.cluster_spec import ClusterSpec
from drill.operator.configuration import recovery_target
from tests.golden import ROOT


@cache
def manifests() -> dict[tuple[str, str], dict[str, Any]]:
    files = (ROOT / "docs/golden/manifests/primary").glob("*.yaml")
    found = [each for file in files for each in yaml.safe_load_all(file.read_text()) if each]
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


def store() -> dict[str, Any]:
    spec: dict[str, Any] = deepcopy(manifests()["ObjectStore", "store-primary"]["spec"])
    return spec


def spec() -> ClusterSpec:
    stores = {name: each for (kind, name), each in manifests().items() if kind == "ObjectStore"}
    return ClusterSpec.read(manifests()["Cluster", "postgres-cluster"], stores)


def archive(spec: dict[str, Any]) -> Archive:
    return Archive(server_name="postgres-cluster", store_name="store-primary", store=spec)


def words(command: list[str] | None) -> str:
    assert command
    return " ".join([Path(command[0]).name, *command[1:]])


def test_every_command_is_led_to_the_archive_with_the_settings_of_the_manifest() -> None:
    ours = archive(store())
    place = f"--cloud-provider aws-s3 {ours.destination} postgres-cluster"

    assert words(ours.archive_wal()) == f"barman-cloud-wal-archive --zstd {place}"
    assert words(ours.restore_wal()) == (
        f"barman-cloud-wal-restore {place} --spool-dir=/controller/barman-spool"
    )
    assert words(ours.take_backup("b")) == (
        "barman-cloud-backup --user postgres --name b --lz4 --immediate-checkpoint --jobs 2 "
        f"{place}"
    )
    assert words(ours.restore_backup("20261127T020000", Path("/data"))) == (
        f"barman-cloud-restore {place} 20261127T020000 /data"
    )
    assert words(ours.delete_expired()) == (
        f"barman-cloud-backup-delete --retention-policy RECOVERY WINDOW OF 30 DAYS {place}"
    )


@pytest.mark.parametrize("part", ["configuration", "wal", "data"])
def test_a_setting_that_nothing_here_reads_is_refused(part: str) -> None:
    found = store()
    section = found["configuration"] if part == "configuration" else found["configuration"][part]
    section["encryption"] = "AES256"

    with pytest.raises(NotImplementedError, match=f"{part} of an ObjectStore: .'encryption'"):
        archive(found)


def test_a_recovery_ends_where_the_host_program_asks_for_it() -> None:
    moment, dump = {"targetTime": "2026-11-22T09:30:00Z"}, {"backupID": "b", "targetLSN": "0/3"}

    assert recovery_target(moment) == {
        "recovery_target_time": "2026-11-22T09:30:00Z",
        "recovery_target_action": "promote",
    }
    assert recovery_target({**dump, "exclusive": True}) == {
        "recovery_target_lsn": "0/3",
        "recovery_target_inclusive": "off",
        "recovery_target_action": "promote",
    }


def test_another_kind_of_target_is_refused() -> None:
    with pytest.raises(KeyError, match="targetXID"):
        recovery_target({"targetXID": "1"})


def test_another_setting_of_initdb_is_refused_before_anything_is_made() -> None:
    instance, asked = Mock(), spec()

    with pytest.raises(NotImplementedError, match="walSegmentSize"):
        bootstrap.initdb(
            replace(asked, init={**asked.init, "walSegmentSize": 64}), instance, Mock(), None
        )

    assert not instance.method_calls
