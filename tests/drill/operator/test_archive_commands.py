"""barman-cloud is called as the ObjectStore of the manifests says, or not at all."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from drill.operator.archive import Archive
from tests.golden import ROOT


def store() -> dict[str, Any]:
    files = (ROOT / "docs/golden/manifests/primary").glob("*.yaml")
    found = (each for file in files for each in yaml.safe_load_all(file.read_text()) if each)
    spec: dict[str, Any] = next(
        each["spec"]
        for each in found
        if (each["kind"], each["metadata"]["name"]) == ("ObjectStore", "store-primary")
    )
    return spec


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
    spec = store()
    section = spec["configuration"] if part == "configuration" else spec["configuration"][part]
    section["encryption"] = "AES256"

    with pytest.raises(NotImplementedError, match=f"{part} of an ObjectStore: .'encryption'"):
        archive(spec)
