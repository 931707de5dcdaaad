"""The machines of an embedded site as its operator needs them."""

from collections.abc import Callable, Mapping, Sequence

from drill.sites.machine import PATIENT_METADATA
from drill.sites.site import EmbeddedSite
from topology.names import WRITER_NODE_PORT


class SiteMachines:
    """The site's machines as the operator's Machines."""

    def __init__(self, site: EmbeddedSite, route: Callable[[str], int | None]) -> None:
        """`route` is the site's way to a host of the other region."""
        self._site = site
        self.route = route

    @property
    def database_nodes(self) -> Sequence[str]:
        """Agents where there are any, else the servers."""
        nodes = sorted(self._site.machines)
        agents = [
            node for node in nodes if self._site.machines[node].tags["pgtwin:role"] == "agent"
        ]
        return agents or nodes

    @property
    def admit_clients(self) -> bool:
        """Whether the load balancer finds a machine whose node port is open."""
        return any(
            not self._site.machines[node].packet_filter.closes(WRITER_NODE_PORT)
            for node in self.database_nodes
        )

    def environment(self, node: str) -> Mapping[str, str]:
        """The region's endpoint and the machine's metadata service."""
        environment: Mapping[str, object] = self._site.machines[node].environment
        wanted = ("AWS_ENDPOINT_URL", "AWS_EC2_METADATA_SERVICE_ENDPOINT", *PATIENT_METADATA)
        return {key: str(environment[key]) for key in wanted}
