"""What is aimed for: the most that a figure should be.

A scenario's bound may be looser: what it promises holds on a slower machine, too.
"""

from collections.abc import Mapping

from drill.measured.document import Where

ON_EVERY_GROUND: Mapping[str, float] = {
    "switchover-to-dr": 20.0,
    "switchover-back": 20.0,
    "region-lost": 15.0,
    "machines-lost": 15.0,
    "instance-deleted": 12.0,
    "machine-lost": 30.0,
    "verified": 90.0,
    "idle-follower-cores": 0.1,
}
ON_ONE_GROUND: Mapping[tuple[str, Where], float] = {
    ("drill", "embedded"): 240.0,
    ("drill", "rig"): 1800.0,
}


def aim(name: str, ground: Where) -> float | None:
    """In the figure's own unit; None where nothing is aimed for."""
    return ON_ONE_GROUND.get((name, ground), ON_EVERY_GROUND.get(name))
