"""What must hold between the fields of a topology; one function per rule.

Each rule yields a problem for every breach, so that all problems of a file are shown at once.
"""

from typing import TYPE_CHECKING

from topology.refused import Problem
from topology.rules.buckets import bucket_names, distinct, no_bucket_twice
from topology.rules.machines import instance_types, machines, offered, remade, room, volumes
from topology.rules.memory import memory_at_start, shared_buffers
from topology.rules.networks import client_networks, networks, zones
from topology.rules.parameters import values, wal_kept, wal_sizes
from topology.rules.postgres import connections, hot_standby, versions
from topology.rules.replication import heard_in_time, no_pooler, replication_slots, wal_senders
from topology.rules.reserved_names import clusters, database, owner, system
from topology.rules.settings_together import (
    processes,
    reserved_connections,
    statistics_in_the_log,
    tls_versions,
)
from topology.rules.synchronous import on_disk, promised, second_instance
from topology.rules.time_outs import time_outs
from topology.rules.whole_bucket_names import issuers, third_copies

if TYPE_CHECKING:
    from topology.topology import Topology

_RULES = (
    system,
    database,
    owner,
    bucket_names,
    no_bucket_twice,
    distinct,
    third_copies,
    issuers,
    clusters,
    zones,
    networks,
    client_networks,
    machines,
    remade,
    instance_types,
    room,
    offered,
    volumes,
    connections,
    hot_standby,
    values,
    wal_sizes,
    wal_kept,
    shared_buffers,
    memory_at_start,
    reserved_connections,
    processes,
    statistics_in_the_log,
    tls_versions,
    time_outs,
    versions,
    no_pooler,
    wal_senders,
    replication_slots,
    heard_in_time,
    promised,
    second_instance,
    on_disk,
)


def problems(topology: "Topology") -> tuple[Problem, ...]:
    """Every breach of every rule, in the order of the file."""
    return tuple(problem for rule in _RULES for problem in rule(topology))
