"""How much of what was acknowledged the loss of the writer's region may cost, with `synchronous`.

`0` is nothing: commits wait for a silent region forever. After so many seconds of commits without
it they wait as well (`host/writer/region_guard.py`).
"""

from typing import Annotated

from pydantic import BeforeValidator

from topology.frozen import Pattern

NOTHING = "0"
LEAST_SECONDS, MOST_SECONDS = 20, 3600
"""Commits are held 10 s before the time is used up, so less would let nobody go on."""


def _as_text(value: object) -> object:
    """YAML reads `0` as a number."""
    return NOTHING if type(value) is int and value == 0 else value


Rpo = Annotated[
    str,
    Pattern(
        "0|([2-9][0-9]|[1-9][0-9]{2}|[12][0-9]{3}|3[0-5][0-9]{2}|3600)s",
        f"0, or {LEAST_SECONDS}s to {MOST_SECONDS}s",
    ),
    BeforeValidator(_as_text),
]


def seconds(rpo: str) -> int:
    """How many seconds of commits the other region may lack."""
    return 0 if rpo == NOTHING else int(rpo.removesuffix("s"))
