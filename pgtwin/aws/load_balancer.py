"""Where a site's writer answers."""

from typing import Any

from pgtwin.aws.clients import Clients
from pgtwin.aws.site_parameters import SiteParameters
from pgtwin.errors import SiteFailed
from topology.site import SiteName


class LoadBalancer:
    """A site's internal network load balancer."""

    def __init__(self, clients: Clients, parameters: SiteParameters, site: SiteName) -> None:
        self._clients = clients
        self._parameters = parameters
        self._site: SiteName = site

    def host(self) -> str:
        """Its host name, as the deployed stack tells it."""
        return str(self._parameters.outputs(self._site)["load_balancer"]).lower()

    def zone(self) -> str:
        """The id of the zone that AWS keeps the host name in; an alias needs it."""
        host = self.host()

        def look(elbv2: Any) -> str | None:
            for page in elbv2.get_paginator("describe_load_balancers").paginate():
                for balancer in page["LoadBalancers"]:
                    if balancer["DNSName"].lower() == host:
                        return str(balancer["CanonicalHostedZoneId"])
            return None

        found = self._clients.ask("elbv2", f"look for the load balancer of {self._site}", look)
        if found is not None:
            return found
        raise SiteFailed(f"no load balancer {host} in {self._clients.region}")
