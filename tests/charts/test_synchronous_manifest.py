"""`replication: synchronous` in the manifests: no commit returns that the other region has not."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import charts.synchronous
from charts.stream import stream_from
from charts.synchronous import standby_list
from host.writer.standby_list import names_outside, needs_outside
from tests.topology.any_configuration import configurations
from topology.site import SITES, SiteName, other_site
from topology.topology import Topology

SIZES = (1, 3, 5, 9)
"""Two are refused: `topology/rules/synchronous.py`."""

HOLES: dict[str, dict[str, Any]] = {
    "every instance of the site on it": {"maxStandbyNamesFromCluster": None},
    "one name is enough": {"number": 1},
    "the other region not on it": {"standbyNamesPre": []},
}


@settings(
    max_examples=10,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # a smaller example says no more, and each takes a second
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(topology=configurations(modes=("synchronous",)), site=st.sampled_from(SITES))
def test_no_configuration_has_a_list_that_its_own_site_satisfies(
    topology: Topology, site: SiteName
) -> None:
    assert not satisfied_by_the_site(
        charts.synchronous.standby_list(topology, site), topology.site(site).instances
    )


@pytest.mark.parametrize("hole", HOLES)
def test_a_list_with_a_hole_is_found_in_some_configuration(
    hole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planted(topology: Topology, site: SiteName) -> Any:
        return {**(standby_list(topology, site) or {}), **HOLES[hole]}

    monkeypatch.setattr("charts.synchronous.standby_list", planted)

    with pytest.raises(AssertionError):
        test_no_configuration_has_a_list_that_its_own_site_satisfies()


def satisfied_by_the_site(section: Any, instances: int) -> bool:
    """As PostgreSQL counts, with every instance of the site there and the other region away.

    The operator lists the leading instance too (cloudnative-pg v1.30.0
    pkg/postgres/replication/explicit.go, getSortedInstanceNames).
    """
    if section is None:
        return True
    there = [f"site-{number}" for number in range(instances)]
    on_it = there[: section["maxStandbyNamesFromCluster"]]
    names = [*section["standbyNamesPre"], *on_it]
    return not names or len(set(names) & set(there)) >= section["number"]


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
