"""The list of standbys as CloudNativePG writes it: the table of what was seen on real parts."""

from pathlib import Path
from typing import Any, cast

import pytest

from drill.operator.cluster_spec import ClusterSpec
from drill.operator.configuration import Part, standby_names

FIRST = {"method": "first", "dataDurability": "required", "standbyNamesPre": ["from-s2"]}


@pytest.mark.parametrize(
    ("asked", "listed", "written"),
    [
        ({"method": "any", "number": 1}, ("s1-2", "s1-1"), 'ANY 1 ("s1-2","s1-1")'),
        (
            {"method": "any", "number": 1},
            ("s1-2", "s1-3", "s1-1"),
            'ANY 1 ("s1-2","s1-3","s1-1")',
        ),
        ({**FIRST, "number": 1, "maxStandbyNamesFromCluster": 0}, ("s1-1",), 'FIRST 1 ("from-s2")'),
        (
            {**FIRST, "number": 2, "maxStandbyNamesFromCluster": 1},
            ("s1-2", "s1-3", "s1-1"),
            'FIRST 2 ("from-s2","s1-2")',
        ),
        (
            {**FIRST, "number": 2},
            ("s1-2", "s1-3", "s1-1"),
            'FIRST 2 ("from-s2","s1-2","s1-3","s1-1")',
        ),
        ({}, ("s1-2", "s1-1"), ""),
    ],
)
def test_names_from_outside_come_first_and_those_of_the_site_are_capped(
    asked: dict[str, Any], listed: tuple[str, ...], written: str
) -> None:
    """As seen on real parts, but for ANY of three."""
    assert standby_names(_spec(asked), _part(listed)) == written


@pytest.mark.parametrize(
    ("asked", "listed", "written"),
    [
        ({"method": "any", "number": 1}, ("s1-1",), 'ANY 1 ("s1-1")'),
        ({"method": "any", "number": 2}, ("s1-2", "s1-1"), 'ANY 2 ("s1-2","s1-1")'),
        (
            {**FIRST, "number": 2, "maxStandbyNamesFromCluster": 1},
            ("s1-1",),
            'FIRST 2 ("from-s2","s1-1")',
        ),
        ({"method": "any", "number": 1}, (), 'ANY 1 ("s1-placeholder")'),
    ],
)
def test_an_instance_alone_waits_for_a_standby_that_is_not_there_yet(
    asked: dict[str, Any], listed: tuple[str, ...], written: str
) -> None:
    """cloudnative-pg v1.30.0 pkg/postgres/replication/explicit.go: getSortedInstanceNames ends with
    the primary, and explicitSynchronousStandbyNamesDataDurabilityRequired takes `number` as it is:

        NumSync:      config.Number,
    """
    assert standby_names(_spec(asked), _part(listed)) == written


def test_a_list_that_the_operator_would_shorten_is_not_emulated() -> None:
    asked = {"method": "any", "number": 1, "dataDurability": "preferred"}

    with pytest.raises(NotImplementedError, match="preferred"):
        standby_names(_spec(asked), _part(("s1-2", "s1-1")))


def _spec(asked: dict[str, Any]) -> ClusterSpec:
    return cast("ClusterSpec", type("Spec", (), {"synchronous": asked, "name": "s1"}))


def _part(listed: tuple[str, ...]) -> Part:
    return Part(
        name="s1-1",
        port=5432,
        sockets=Path(),
        archive_script=Path(),
        restore_script=Path(),
        archives=True,
        archive_mode="on",
        follows_port=None,
        streams_from=None,
        listed=listed,
    )
