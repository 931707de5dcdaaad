"""A write on its way through admission."""

from collections.abc import Callable
from dataclasses import dataclass

from drill.kubernetes.resource import Object, Resource


@dataclass(frozen=True, kw_only=True)
class WriteRequest:
    """What an admission plugin judges."""

    resource: Resource
    old: Object | None
    """None when the object is being created."""
    new: Object
    """May be changed in place by a mutating plugin."""
    subresource: str = ""

    @property
    def name(self) -> str:
        """The name of the object."""
        return str(self.new["metadata"]["name"])


Admission = Callable[[WriteRequest], None]
"""Returns to admit; raises StatusError to refuse."""
