"""Whatever the topology accepts, the charts can make; and what they make still fits together."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from topology.site import SITES
from topology.topology import Topology

_SITE = st.fixed_dictionaries(
    {
        "instance_type": st.sampled_from(["t3.medium", "t3a.medium", "m7i.large", "r7i.8xlarge"]),
        "servers": st.sampled_from([1, 3]),
        "agents": st.sampled_from([0, 3, 5]),
        "data_volume_gib": st.just(2000),
    }
)
_DATABASE = st.fixed_dictionaries(
    {
        "postgres": st.sampled_from([17, 18]),
        "archive_timeout_seconds": st.integers(10, 3600),
        "wal_gib": st.integers(2, 200),
        "pooler_instances": st.integers(0, 10),
        "parameters": st.fixed_dictionaries(
            {"max_connections": st.integers(20, 5000).map(str), "work_mem": st.just("1MB")}
        ),
    }
)


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), writer=st.sampled_from(SITES), database=_DATABASE)
def test_every_accepted_topology_has_manifests_of_two_sites_that_name_each_other(
    make: Any,
    the_only: Any,
    configuration: Callable[..., Topology],
    data: st.DataObject,
    writer: Any,
    database: dict[str, Any],
) -> None:
    sites: dict[str, dict[str, Any]] = {}
    for name in SITES:
        site: dict[str, Any] = data.draw(_SITE, label=name)
        nodes = site["agents"] or site["servers"]
        sites[name] = {**site, "instances": data.draw(st.integers(1, nodes), label="instances")}
    topology = configuration("default", writer=writer, database=database, **sites)

    specs = {
        name: the_only(make(topology, name)["50-cluster"], "Cluster")["spec"] for name in SITES
    }

    assert specs["primary"]["externalClusters"] == specs["dr"]["externalClusters"]
    assert specs["primary"]["replica"]["primary"] == specs["dr"]["replica"]["primary"]
    assert [name for name in SITES if "initdb" in specs[name]["bootstrap"]] == [writer]
    for name, spec in specs.items():
        assert spec["replica"]["source"] != spec["replica"]["self"]
        assert ("synchronous" in spec["postgresql"]) == (sites[name]["instances"] >= 3)
