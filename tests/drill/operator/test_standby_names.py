"""The list of standbys as CloudNativePG writes it: the table of what was seen on real parts."""

from pathlib import Path
from typing import Any, cast

import pytest

from drill.operator.cluster_spec import ClusterSpec
from drill.operator.configuration import Part, standby_names

FIRST = {"method": "first", "dataDurability": "required", "standbyNamesPre": ["from-s2"]}


@pytest.mark.parametrize(
    ("asked", "standbys", "written"),
    [
        ({"method": "any", "number": 1}, ("s1-2", "s1-3"), 'ANY 1 ("s1-2","s1-3")'),
        ({**FIRST, "number": 1, "maxStandbyNamesFromCluster": 0}, ("s1-2",), 'FIRST 1 ("from-s2")'),
        (
            {**FIRST, "number": 2, "maxStandbyNamesFromCluster": 1},
            ("s1-2", "s1-3"),
            'FIRST 2 ("from-s2","s1-2")',
        ),
        ({**FIRST, "number": 2}, ("s1-2", "s1-3"), 'FIRST 2 ("from-s2","s1-2","s1-3")'),
        ({**FIRST, "number": 2, "maxStandbyNamesFromCluster": 1}, (), 'FIRST 2 ("from-s2")'),
        ({"method": "any", "number": 1}, (), ""),
        ({}, ("s1-2",), ""),
    ],
)
def test_names_from_outside_come_first_and_those_of_the_site_are_capped(
    asked: dict[str, Any], standbys: tuple[str, ...], written: str
) -> None:
    part = Part(
        name="s1-1",
        port=5432,
        sockets=Path(),
        archive_script=Path(),
        restore_script=Path(),
        archives=True,
        archive_mode="on",
        follows_port=None,
        streams_from=None,
        standbys=standbys,
    )
    spec = cast("ClusterSpec", type("Spec", (), {"synchronous": asked}))

    assert standby_names(spec, part) == written
