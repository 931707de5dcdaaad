"""How long an application had to wait: the longest gap between two acknowledged writes."""

import math
from collections.abc import Sequence
from itertools import pairwise

from drill.traffic.acknowledgements import Acknowledged


def longest_gap(rows: Sequence[Acknowledged], *, since: float) -> float:
    """In seconds, between the last write before `since` (Unix time) and the last of all.

    Infinite where fewer than two writes were acknowledged: nobody knows when the gap ended.
    """
    before = [row.at for row in rows if row.at < since][-1:]
    times = before + [row.at for row in rows if row.at >= since]
    return max((later - earlier for earlier, later in pairwise(times)), default=math.inf)
