"""`replication: synchronous` in the manifests: no commit returns that the other region has not."""

from collections.abc import Callable
from typing import Any

import pytest

from charts.stream import stream_from
from charts.synchronous import standby_list
from host.writer.standby_list import names_outside, needs_outside
from topology.site import SITES, SiteName, other_site
from topology.topology import Topology

SIZES = (1, 3, 5, 9)
"""Two are refused: `topology/rules/synchronous.py`."""


@pytest.fixture(scope="module")
def of_size(configuration: Callable[..., Topology]) -> Callable[..., Topology]:
    """Both sites with so many instances."""

    def made(replication: str, instances: int) -> Topology:
        default = configuration("default")
        sites: dict[str, Any] = {
            name: site.model_copy(update={"instances": instances}) for name, site in default.sites()
        }
        return default.model_copy(update={"replication": replication, **sites})

    return made


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("instances", SIZES)
def test_no_list_can_be_satisfied_by_the_site_alone(
    of_size: Any, site: SiteName, instances: int
) -> None:
    section = standby_list(of_size("synchronous", instances), site)

    assert section is not None
    assert needs_outside(section, instances)
    assert section["dataDurability"] == "required"


@pytest.mark.parametrize("site", SITES)
def test_the_other_region_is_waited_for_under_the_name_that_it_streams_under(
    of_size: Any, site: SiteName
) -> None:
    topology = of_size("synchronous", 3)

    section = standby_list(topology, site)

    follower = stream_from(topology, site)["connectionParameters"]["application_name"]
    assert names_outside(section) == (follower,) == (f"site-{other_site(site)}",)


@pytest.mark.parametrize("instances", SIZES)
def test_a_second_instance_of_the_site_has_each_commit_too_where_there_are_three(
    of_size: Any, instances: int
) -> None:
    """A quorum needs more to answer than there are names outside, or the webhook refuses it."""
    section = standby_list(of_size("synchronous", instances), "primary")

    assert section is not None
    local = section["number"] - len(names_outside(section))
    assert local == section["maxStandbyNamesFromCluster"] == (1 if instances >= 3 else 0)
    assert section.get("failoverQuorum", False) == (local > 0)


@pytest.mark.parametrize("replication", ["archive", "streaming"])
@pytest.mark.parametrize("instances", SIZES)
def test_in_every_other_mode_no_commit_waits_for_the_other_region(
    of_size: Any, replication: str, instances: int
) -> None:
    section = standby_list(of_size(replication, instances), "primary")

    assert names_outside(section) == ()
    assert (section is None) == (instances < 3)
