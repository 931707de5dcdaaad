"""What the operator needs to know of the machines that it runs instances on."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class Machines(Protocol):
    """The machines of a site that may run a database."""

    @property
    def database_nodes(self) -> Sequence[str]:
        """Their node names; an instance a node, in this order."""
        ...

    @property
    def admit_clients(self) -> bool:
        """Whether at least one machine's gate lets clients through, as the load balancer needs."""
        ...

    def environment(self, node: str) -> Mapping[str, str]:
        """How a process on this machine reaches AWS: its IMDS and its region's endpoint.

        No credentials: those come from IMDS, as on the machine itself.
        """
        ...

    def route(self, host: str) -> int | None:
        """The loopback port that stands for a host of the other region; None without one."""
        ...
