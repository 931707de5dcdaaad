"""How long commits wait for the other region while it is silent: for ever, or so many seconds.

Only `0` bounds what the loss of the writer's region costs. After the seconds commits go on, and the
loss has the bound of the archive (`host/writer/region_guard.py`).
"""

from typing import Annotated

from pydantic import BeforeValidator

from topology.frozen import Pattern

FOR_EVER = "0"
LEAST_SECONDS, MOST_SECONDS = 10, 3600
"""PostgreSQL itself takes 5 s to notice that a standby is gone."""


def _as_text(value: object) -> object:
    """YAML reads `0` as a number."""
    return FOR_EVER if type(value) is int and value == 0 else value


Rpo = Annotated[
    str,
    Pattern(
        "0|([1-9][0-9]{1,2}|[12][0-9]{3}|3[0-5][0-9]{2}|3600)s",
        f"0, or {LEAST_SECONDS}s to {MOST_SECONDS}s",
    ),
    BeforeValidator(_as_text),
]


def wait_seconds(rpo: str) -> int | None:
    """How long commits wait for a region that acknowledges nothing; None for ever."""
    return None if rpo == FOR_EVER else int(rpo.removesuffix("s"))
