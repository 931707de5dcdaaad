"""The path between the regions is gone while commits wait for it, and comes back.

What a client sees is the promise. With `rpo: 0` it waits until the path is back. With `rpo: 30s` it
waits until the region counts as silent and then goes on, on a site that wrote down before that it
is degraded; before 30 s of commits are missing it waits again, until the path is back.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from drill.scenarios import promise
from drill.scenarios.scenario import PATH, WAITS, Measured, Scenario, expect
from drill.scenarios.stage import Stage
from drill.traffic.acknowledgements import Acknowledged
from host.verbs.hold import EVERY_SECONDS
from host.writer.region_guard import HOLD_SECONDS, SILENT_SECONDS
from topology.rpo import seconds

NOTICED_SECONDS = 5.0
"""PostgreSQL's wal_sender_timeout; a client writes until its commit is the one that waits."""
PATIENCE_SECONDS = 30.0
"""What a step of the guard takes after its time: a round for the note, one for the list, a reload.
"""
BACK_SECONDS = 120.0
"""Until the promise holds again: the stream, the guard's looks, a reload, the verification."""
WAITED_SECONDS = 4 * EVERY_SECONDS
"""How long nothing may return while commits wait: some rounds of the guard."""


@dataclass(frozen=True, kw_only=True)
class Pause:
    """A time in which a client got no answer to a commit."""

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.ended - self.began


def pauses(rows: Sequence[Acknowledged], *, since: float) -> list[Pause]:
    """The pauses between two rows of which the later came after `since` (Unix time), longest first.

    Raises:
        Broken: where no commit has returned since then.
    """
    moments = [row.at for row in rows]
    found = [Pause(began=began, ended=ended) for began, ended in pairwise(moments) if ended > since]
    expect(found, "commits go on")
    return sorted(found, key=lambda each: each.seconds, reverse=True)


def act(stage: Stage) -> Measured:
    """Cut the path under traffic, see what the promise says, and give the path back."""
    limit = seconds(str(stage.twin.topology.rpo))
    with stage.writer() as writer:
        stage.wait_for_rows(writer, 20)
        stage.wait(lambda: promise.holds(stage, "primary"), promise.HELD_SECONDS, "the promise")
        cut_at = time.time()
        stage.twin.ground.cut_path()
        stage.tell("the path between the regions is cut")
        since: float | None = None
        try:
            if limit == 0:
                _stays(stage)
            else:
                since = _goes_on_and_waits_again(stage, cut_at, limit)
        finally:
            stage.twin.ground.heal_path()
        healed_at = time.time()
        stage.tell("the path is back")
        stage.wait(
            lambda: promise.holds(stage, "primary"), BACK_SECONDS, "the promise to hold again"
        )
        back_seconds = time.time() - healed_at
        stage.wait_for_rows(writer, writer.acknowledgements.count + 20)
    seen = pauses(writer.acknowledgements.rows, since=cut_at)
    details = _as_promised(seen, healed_at=healed_at, since=since, limit=limit)
    here, there = (stage.compare(writer, site) for site in ("primary", "dr"))
    return Measured(
        seconds=back_seconds,
        lost=len(here.lost) + len(there.lost),
        phantom=len(here.phantom),
        details={"rpo": stage.twin.topology.rpo, **details},
    )


def _as_promised(
    seen: Sequence[Pause], *, healed_at: float, since: float | None, limit: int
) -> dict[str, float]:
    """What a client saw, held to the promise."""
    if since is None:
        expect(seen[0].ended >= healed_at, "with rpo: 0 no commit returns before the path is back")
        return {"client_waited_seconds": round(seen[0].seconds, 1)}
    first, last = sorted(seen[:2], key=lambda each: each.began)
    expect(since <= first.ended, "degraded is written down before a commit goes on")
    went_on = last.began - first.ended
    expect(went_on <= limit, f"commits of {went_on:.1f} s went on without the region, not {limit}")
    expect(last.ended >= healed_at, "commits that are held return once the path is back")
    return {
        "client_waited_seconds": round(first.seconds, 1),
        "went_on_seconds": round(went_on, 1),
    }


def _stays(stage: Stage) -> None:
    """Commits wait, and nobody says that they do not."""
    time.sleep(NOTICED_SECONDS + WAITED_SECONDS)
    expect(promise.degraded_since(stage, "primary") is None, "with rpo: 0 nothing is let go")


def _goes_on_and_waits_again(stage: Stage, cut_at: float, limit: int) -> float:
    """When the site wrote down that it is degraded, and commits went on; they are held since."""
    (writer,) = stage.writers
    patience = NOTICED_SECONDS + SILENT_SECONDS + PATIENCE_SECONDS
    stage.wait(lambda: promise.degraded_since(stage, "primary"), patience, "degraded since")
    since = datetime.fromisoformat(str(promise.degraded_since(stage, "primary"))).timestamp()
    expect(since >= int(cut_at) + SILENT_SECONDS, "a region that answered just now is waited for")
    newest = writer.acknowledgements.newest
    stage.wait(lambda: writer.acknowledgements.newest >= newest + 10, patience, "commits again")
    expect(not promise.holds(stage, "primary"), "who is degraded does not say RPO 0")
    stage.wait(
        lambda: time.time() - writer.acknowledgements.rows[-1].at >= WAITED_SECONDS,
        limit + HOLD_SECONDS + PATIENCE_SECONDS + WAITED_SECONDS,
        "commits to wait again",
    )
    return since


SCENARIO = Scenario(
    name="degraded-region",
    sentence="When the path to the other region is cut, commits go on without it for no longer "
    "than rpo, and only after the site said that it is degraded; within {bound} of the path no "
    "acknowledged row is missing there.",
    act=act,
    needs=frozenset({PATH, WAITS}),
    bound=lambda _: BACK_SECONDS,
    repeatable=True,
)
