"""What must hold between the fields of a topology; one function a rule.

Each rule yields a problem for every breach, so that all problems of a file are shown at once.
"""

from typing import TYPE_CHECKING

from topology.problem import Problem
from topology.rules.buckets import bucket_names, distinct
from topology.rules.machines import instance_types, machines, volumes
from topology.rules.networks import client_networks, networks, zones
from topology.rules.postgres import connections, hot_standby, owned_parameters, versions

if TYPE_CHECKING:
    from topology.topology import Topology

_RULES = (
    bucket_names,
    distinct,
    zones,
    networks,
    client_networks,
    machines,
    instance_types,
    volumes,
    connections,
    hot_standby,
    owned_parameters,
    versions,
)


def problems(topology: "Topology") -> tuple[Problem, ...]:
    """Every breach of every rule, in the order of the file."""
    return tuple(problem for rule in _RULES for problem in rule(topology))
