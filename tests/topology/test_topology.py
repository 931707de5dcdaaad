"""What an accepted configuration promises to everything built from it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from topology.instance_types import FAMILIES, InstanceType
from topology.load import load, parse
from topology.refused import Refused
from topology.rules.machines import OVERHEAD_GIB
from topology.versions import POSTGRES_IMAGES

CONFIG = Path(__file__).parents[2] / "config"


@pytest.mark.parametrize("name", ["default", "ha", "lab"])
def test_every_shipped_configuration_is_accepted(name: str) -> None:
    assert load(CONFIG / f"{name}.yaml")


def test_the_default_is_four_machines_and_one() -> None:
    topology = load(CONFIG / "default.yaml")

    assert topology.primary.servers + topology.primary.agents == 4
    assert topology.dr.servers + topology.dr.agents == 1
    assert topology.primary.instances == topology.primary.database_nodes == 3
    assert topology.dr.instances == topology.dr.database_nodes == 1


def test_ha_keeps_a_quorum_of_servers_when_a_zone_is_lost() -> None:
    primary = load(CONFIG / "ha.yaml").primary

    per_zone = -(-primary.servers // len(primary.zones))
    assert primary.servers - per_zone > primary.servers // 2
    assert primary.nat_gateways == len(primary.zones)


def test_cannot_be_changed() -> None:
    topology = load(CONFIG / "default.yaml")

    with pytest.raises(ValidationError):
        topology.primary.instances = 1  # type: ignore[misc]


def test_a_sites_own_parameters_win_over_the_databases(good: dict[str, Any]) -> None:
    good["database"]["parameters"] = {"work_mem": "8MB"}
    good["dr"]["parameters"] = {"work_mem": "4MB"}

    topology = parse(good)

    assert topology.parameters("primary")["work_mem"] == "8MB"
    assert topology.parameters("dr")["work_mem"] == "4MB"


def test_a_sites_own_parameter_wins_in_whatever_case_the_databases_is_written(
    good: dict[str, Any],
) -> None:
    good["database"]["parameters"] = {"TimeZone": "UTC", "max_connections": "200"}
    good["dr"]["parameters"] = {"timezone": "GMT"}

    assert parse(good).parameters("dr") == {"max_connections": "200", "timezone": "GMT"}


def test_the_postgres_images_are_of_one_day_so_that_the_newer_reads_what_the_older_wrote() -> None:
    days = {image.partition(":")[2].split("-")[1][:8] for image in POSTGRES_IMAGES.values()}

    assert len(days) == 1
    assert days.pop().isdigit()


def test_every_postgres_image_is_pinned_by_tag_and_digest() -> None:
    for major, image in POSTGRES_IMAGES.items():
        tag, _, digest = image.partition("@")
        assert f":{major}." in tag
        assert len(digest.removeprefix("sha256:")) == 64


@given(
    family=st.sampled_from(sorted(FAMILIES)),
    size=st.sampled_from(["small", "medium", "large", "xlarge", "2xlarge", "8xlarge", "metal"]),
)
def test_a_known_type_has_the_architecture_of_its_family_and_room_for_k3s(
    family: str, size: str
) -> None:
    machine = InstanceType.named(f"{family}.{size}")

    if machine is not None:
        assert machine.architecture == FAMILIES[family]
        assert machine.memory_gib >= 2
        assert machine.vcpus >= 1


_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "database.storage_gib": st.integers(-5, 200),
    "database.wal_gib": st.integers(0, 60),
    "database.archive_timeout_seconds": st.integers(0, 4000),
    "backups.retention_days": st.integers(-1, 4000),
    "backups.dump_utc": st.sampled_from(["00:00", "23:59", "24:00", "4:00", "noon"]),
    "primary.servers": st.integers(0, 8),
    "primary.agents": st.integers(-1, 5),
    "primary.instances": st.integers(0, 6),
    "primary.data_volume_gib": st.integers(0, 300),
    "primary.bucket": st.text("abcXYZ019-_.", min_size=0, max_size=64),
    "primary.cidr": st.sampled_from(["10.0.0.0/16", "10.1.0.0/17", "10.42.0.0/16", "10.0.0.1/16"]),
    "primary.instance_type": st.sampled_from(["m7i.large", "m7g.large", "t3.small", "z9.big"]),
    "dr.region": st.sampled_from(["eu-west-1", "eu-west-2", "us-east-1"]),
}


@given(changes=st.fixed_dictionaries({}, optional=_FIELDS))
def test_is_either_sound_or_refused_with_a_field_that_was_changed(changes: dict[str, Any]) -> None:
    document = _default()
    for path, value in changes.items():
        section, key = path.split(".")
        document[section][key] = value

    try:
        topology = parse(document)
    except Refused as refused:
        changed = {path.split(".")[0] for path in changes}
        for problem in refused.problems:
            assert any(
                field.split(".")[0] in changed | {"dr", "primary"} for field in problem.fields
            )
            assert problem.allowed
    else:
        needed = topology.database.storage_gib + topology.database.wal_gib
        assert topology.primary.data_volume_gib >= needed + OVERHEAD_GIB
        assert topology.primary.servers % 2 == 1
        assert topology.primary.instances <= topology.primary.database_nodes
        assert topology.primary.machine.architecture == topology.primary.architecture
        assert topology.primary.region != topology.dr.region


def _default() -> dict[str, Any]:
    return load(CONFIG / "default.yaml").model_dump(mode="python")
