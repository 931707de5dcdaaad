"""A failback ends with both sites whole, so that the switchover behind it is not refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from typing import Any, cast

import pytest

from pgtwin.errors import SiteUnreachable, StepTimedOut
from pgtwin.run import Run
from pgtwin.site_state import SiteState
from pgtwin.steps import HEALTHY_SECONDS, both_healthy_step
from tests.pgtwin.test_verdict_line import site
from topology.site import SITES, SiteName

HEALTHY = site("dr")
NOT_HEALTHY = replace(HEALTHY, healthy=False)


class Clock:
    """Moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.slept = timedelta()

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += timedelta(seconds=seconds)


@dataclass(kw_only=True)
class Looked:
    """A site that is as its list says, and stays as the last one says; None where it is silent."""

    states: Iterator[SiteState | None]

    def observe(self, *, outside: bool = False) -> SiteState:
        assert not outside
        state = next(self.states)
        if state is None:
            raise SiteUnreachable("no answer")
        return state


def run(dr: Sequence[SiteState | None]) -> Run:
    states: dict[SiteName, Sequence[SiteState | None]] = {"primary": [site("primary")], "dr": dr}
    looked = {name: Looked(states=chain(states[name], repeat(states[name][-1]))) for name in SITES}
    return Run(
        id="1",
        owner="tester",
        what="failback",
        sites=cast("Any", looked),
        clusters={"primary": "p", "dr": "d"},
        clock=Clock(),
        tell=lambda _: None,
        confirm=lambda *_: None,
    )


def test_is_passed_over_where_both_are_healthy() -> None:
    assert both_healthy_step(run([HEALTHY])).done()


def test_waits_for_a_site_that_was_unhealthy_or_silent_for_a_moment() -> None:
    step = both_healthy_step(run([NOT_HEALTHY, None, NOT_HEALTHY, HEALTHY]))

    assert not step.done()
    step.act()
    assert step.done()


@pytest.mark.parametrize("lasting", [NOT_HEALTHY, None])
def test_a_site_that_stays_so_ends_the_wait(lasting: SiteState | None) -> None:
    with pytest.raises(StepTimedOut, match=f"{HEALTHY_SECONDS:.0f} s waiting until both sites are"):
        both_healthy_step(run([lasting])).act()
