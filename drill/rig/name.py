"""How everything of one rig is named, so that exactly that can be removed again.

Always true: each namespace, cgroup and folder of a rig is named before anything is put into it, by
the prefix and the run alone. Whoever knows the run finds all of it, also when the process that made
it was killed halfway.
"""

import re
from dataclasses import dataclass
from pathlib import Path

PREFIX = "pgtwin-rig"
STATE = Path("/var/lib") / PREFIX
"""Disks, logs and certificates; a machine's disks outlive its power, and end with the rig."""
ROUTER = "router"
"""The namespace that is bridge, router and AWS."""
DRILL = "drill"
"""The run of the rig that a drill makes."""
_RUN = re.compile(r"[a-z0-9]{1,12}")


@dataclass(frozen=True, kw_only=True)
class RigName:
    """One rig of this computer."""

    run: str = "main"

    def __post_init__(self) -> None:
        if not _RUN.fullmatch(self.run):
            raise ValueError(f"run is {self.run!r}: 1 to 12 lower-case letters and digits")

    @classmethod
    def known(cls) -> "tuple[RigName, ...]":
        """The rigs that commands of the project make: by hand, and for a drill."""
        return (cls(), cls(run=DRILL))

    @property
    def state(self) -> Path:
        """The folder of everything that the rig keeps."""
        return STATE / self.run

    @property
    def cgroup(self) -> str:
        """Its group below the root of each hierarchy."""
        return f"{PREFIX}-{self.run}"

    def machine_cgroup(self, machine: str) -> str:
        """The group of one machine, or of the router's own processes."""
        return f"{self.cgroup}/{machine}"

    def namespace(self, machine: str) -> str:
        """The network namespace of a machine, or of the router."""
        return f"{PREFIX}-{self.run}-{machine}"

    def owns(self, namespace: str) -> bool:
        """Whether a network namespace is one of this rig's."""
        return namespace.startswith(f"{PREFIX}-{self.run}-")
