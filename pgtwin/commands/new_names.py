"""Names of what a restore makes: new ones, that Kubernetes and PostgreSQL take as they stand."""

import re

from pgtwin.errors import PlanRefused
from topology.given import given
from topology.names import POOLER
from topology.rules.reserved_names import OBJECTS_OF_A_CLUSTER, THROW_AWAY
from topology.site import SITES
from topology.topology import Topology

_CLUSTER = re.compile(r"[a-z]([-a-z0-9]{0,45}[a-z0-9])?")
"""A Cluster's name has 50 characters at most (cloudnative-pg v1.30.0
internal/webhook/v1/cluster_webhook.go, validateName). Its Job `<name>-1-full-recovery` has 63, or
Kubernetes refuses it and nothing ever happens."""
_KEPT = ("default", POOLER)
"""The namespace's ServiceAccount; the Pooler, with its Service and Role."""
_DATABASE = re.compile(r"[a-z][a-z0-9_]{0,62}")
_THERE = ("postgres", "template0", "template1")


def refuse_cluster_name(topology: Topology, into: str) -> None:
    """Refuse what is no new name of a Cluster.

    Raises:
        PlanRefused: with what is allowed.
    """
    if not _CLUSTER.fullmatch(into) or into.startswith(THROW_AWAY):
        raise PlanRefused(
            "--into: 1 to 47 lower-case letters, digits and hyphens, beginning with a letter, and "
            f"not with {THROW_AWAY}, which a verification deletes; not {given(into)}"
        )
    if into in [topology.site(name).cluster for name in SITES]:
        raise PlanRefused(f"--into: a new name, not {into}; that is a site's own cluster")
    clash = sorted(_objects_of(into) & _taken(topology))
    if clash:
        raise PlanRefused(
            f"--into: a new name, not {into}; it would have an object {clash[0]}, and that is kept"
        )


def _objects_of(cluster: str) -> set[str]:
    return {f"{cluster}{end}" for end in OBJECTS_OF_A_CLUSTER}


def _taken(topology: Topology) -> set[str]:
    secret = topology.database.owner.replace("_", "-")
    sites = (_objects_of(topology.site(name).cluster) for name in SITES)
    return set().union({secret, *_KEPT}, *sites)


def refuse_database_name(topology: Topology, into: str) -> None:
    """Refuse what is no new name of a database.

    Raises:
        PlanRefused: with what is allowed.
    """
    if not _DATABASE.fullmatch(into):
        raise PlanRefused(
            "--into: 1 to 63 lower-case letters, digits and underscores, beginning with a letter; "
            f"not {given(into)}"
        )
    if into in (*_THERE, topology.database.name):
        raise PlanRefused(f"--into: a new name, not {into}; that is a database in use")
