"""Cutting what is between two sites, or between a site and a region of AWS, and healing it.

A cut is a routing rule of the router, so it holds for connections that are open as well as for new
ones, and for both directions.
"""

import subprocess
from ipaddress import IPv4Network
from typing import Literal

from drill.rig.name import ROUTER, RigName

How = Literal["reject", "drop"]
"""`reject` answers "network is unreachable" at once; `drop` answers nothing, ever."""
_ACTIONS: dict[How, str] = {"reject": "unreachable", "drop": "blackhole"}
CUT, PATH, UNLINKED = 100, 150, 200
"""Preferences of the rules: before that of the local table, so that the router's own addresses can
be cut off too. `PATH`: a scenario cuts the path between the two networks alone. `UNLINKED`: as long
as no path was made between them."""


def rules(one: IPv4Network, other: IPv4Network, how: How, *, preference: int = CUT) -> list[str]:
    """The routing rules of a cut, one per direction."""
    action = _ACTIONS[how]
    return [
        f"pref {preference} from {source} to {target} {action}"
        for source, target in ((one, other), (other, one))
    ]


class Cuts:
    """The cuts of one rig; the kernel remembers them, not this object."""

    def __init__(self, name: RigName, *, preference: int = CUT) -> None:
        self._namespace = name.namespace(ROUTER)
        self._preference = preference

    def cut(self, one: IPv4Network, other: IPv4Network, how: How) -> None:
        """Let nothing pass between two networks."""
        for rule in rules(one, other, how, preference=self._preference):
            self._rule("add", rule)

    def heal(self) -> None:
        """Let everything pass again."""
        while self._rule("del", f"pref {self._preference}", check=False):
            pass

    def _rule(self, verb: str, rule: str, *, check: bool = True) -> bool:
        argv = ["ip", "-n", self._namespace, "rule", verb, *rule.split()]
        return subprocess.run(argv, check=check, capture_output=not check).returncode == 0
