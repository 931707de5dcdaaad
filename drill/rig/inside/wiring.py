"""How a machine is plugged into the router, and pulled out: lines for `ip -batch`."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """Of one machine."""

    router: str
    """The router's namespace."""
    plug: tuple[str, ...]
    """In the router, once the machine's namespace exists."""
    connect: tuple[str, ...]
    """In the machine's namespace, after that."""
    unplug: tuple[str, ...]
    """In the router: the cable goes first, so that nothing that dies can say goodbye."""
