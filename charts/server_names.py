"""The names by which clients may reach a site's PostgreSQL: what its certificate answers to."""

from charts.cluster import WRITER_SERVICE
from topology.names import POOLER, POSTGRES_NAMESPACE
from topology.site import SiteName
from topology.topology import Topology


def server_names(topology: Topology, site: SiteName) -> tuple[str, ...]:
    """The cluster's own name first, which the operator asks for; no name twice.

    Both sites carry the alias, so a client that verifies it never sees which of them answers. The
    last two stand for the site's load balancer, whose own name AWS makes up, in one order for those
    of networks and in the other for those of applications. A `*` there is as safe as a name,
    because nobody else has a certificate of this authority.
    """
    place, names = topology.site(site), topology.names
    services = [f"{place.cluster}-rw", f"{place.cluster}-ro", f"{place.cluster}-r", WRITER_SERVICE]
    if topology.database.pooler_instances:
        services.append(POOLER)
    return (
        *(name for service in services for name in _in_cluster(service)),
        names.writer_alias(),
        names.site_host(site),
        f"*.elb.{place.region}.amazonaws.com",
        f"*.{place.region}.elb.amazonaws.com",
    )


def _in_cluster(service: str) -> tuple[str, ...]:
    space = f"{service}.{POSTGRES_NAMESPACE}"
    return service, space, f"{space}.svc", f"{space}.svc.cluster.local"
