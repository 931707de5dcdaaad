"""The path between the regions is gone while commits wait for it, and comes back.

What a client sees is the promise: with `rpo: 0` it waits until the path is back; with `rpo: 30s` it
waits that long, and then goes on, on a site that had written down before that it is degraded.
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
from topology.rpo import wait_seconds

NOTICED_SECONDS = 5.0
"""PostgreSQL's wal_sender_timeout; a client writes until its commit is the one that waits."""
LET_GO_SECONDS = 30.0
"""From the end of the promise on: a round for the note, one for the list, the alarm, a reload."""
BACK_SECONDS = 90.0
"""Until the promise holds again: the stream, the guard's looks, a reload, the proof; what the
promise itself takes comes on top."""
WAITED_FOR_EVER_SECONDS = 4 * EVERY_SECONDS
"""How long the path is gone with `rpo: 0`: some rounds of the guard."""


@dataclass(frozen=True, kw_only=True)
class Pause:
    """The longest time in which a client got no answer to a commit."""

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.ended - self.began


def longest(rows: Sequence[Acknowledged], *, since: float) -> Pause:
    """The longest pause between two rows, of which the later came after `since` (Unix time)."""
    moments = [row.at for row in rows]
    pauses = [
        Pause(began=began, ended=ended) for began, ended in pairwise(moments) if ended >= since
    ]
    expect(pauses, "commits go on")
    return max(pauses, key=lambda each: each.seconds)


def act(stage: Stage) -> Measured:
    """Cut the path under traffic, see what the promise says, and give the path back."""
    limit = wait_seconds(str(stage.twin.topology.rpo))
    with stage.writer() as writer:
        stage.wait_for_rows(writer, 20)
        stage.wait(lambda: promise.holds(stage, "primary"), promise.HELD_SECONDS, "the promise")
        cut_at = time.time()
        stage.twin.ground.cut_path()
        stage.tell("the path between the regions is cut")
        since: float | None = None
        try:
            if limit is None:
                _stays(stage)
            else:
                since = _goes_on(stage, cut_at, limit)
        finally:
            stage.twin.ground.heal_path()
        healed_at = time.time()
        stage.tell("the path is back")
        back = BACK_SECONDS + (limit or 0)
        stage.wait(lambda: promise.holds(stage, "primary"), back, "the promise to hold again")
        back_seconds = time.time() - healed_at
        stage.wait_for_rows(writer, writer.acknowledgements.count + 20)
    pause = longest(writer.acknowledgements.rows, since=cut_at)
    if since is None:
        expect(pause.ended >= healed_at, "with rpo: 0 no commit returns before the path is back")
    else:
        expect(since <= pause.ended, "degraded is written down before a commit goes on")
    here, there = (stage.compare(writer, site) for site in ("primary", "dr"))
    return Measured(
        seconds=back_seconds - (limit or 0),
        lost=len(here.lost) + len(there.lost),
        phantom=len(here.phantom),
        details={
            "rpo": stage.twin.topology.rpo,
            "client_waited_seconds": round(pause.seconds, 1),
            "back_seconds": round(back_seconds, 1),
        },
    )


def _stays(stage: Stage) -> None:
    """Commits wait, and nobody says that they do not."""
    time.sleep(NOTICED_SECONDS + WAITED_FOR_EVER_SECONDS)
    expect(promise.degraded_since(stage, "primary") is None, "with rpo: 0 nothing is let go")


def _goes_on(stage: Stage, cut_at: float, limit: int) -> float:
    """When the site wrote down that it is degraded; commits have gone on since."""
    (writer,) = stage.writers
    patience = NOTICED_SECONDS + limit + LET_GO_SECONDS
    stage.wait(lambda: promise.degraded_since(stage, "primary"), patience, "degraded since")
    since = datetime.fromisoformat(str(promise.degraded_since(stage, "primary"))).timestamp()
    expect(since >= int(cut_at) + limit, "commits are let go no earlier than promised")
    newest = writer.acknowledgements.newest
    stage.wait(lambda: writer.acknowledgements.newest >= newest + 10, patience, "commits again")
    expect(not promise.holds(stage, "primary"), "who is degraded does not say RPO 0")
    return since


SCENARIO = Scenario(
    name="degraded-region",
    sentence="When the path to the other region is cut, commits wait as rpo says; before they go "
    "on without it the site says that it is degraded; and within {bound} of the path, and the rpo, "
    "no acknowledged row is missing there.",
    act=act,
    needs=frozenset({PATH, WAITS}),
    bound=lambda _: BACK_SECONDS,
    repeatable=True,
)
