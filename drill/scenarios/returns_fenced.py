"""The old primary comes back by itself after a failover."""

import contextlib
import time

import psycopg

from drill.ground_site import NoAnswer
from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage

RETURNED_SECONDS = 300.0
"""Four machines boot before there is anything to fence."""
WATCHED_SECONDS = 6.0
RESOLVED_SECONDS = 30.0


def act(stage: Stage) -> Measured:
    """Bring the region back as it was, with a client that ignores the alias, and watch."""
    stage.twin.heal("primary")
    before = _archive(stage)
    began = time.monotonic()
    stage.twin.sites["primary"].power_on()
    accepted, fenced_after = 0, RETURNED_SECONDS
    while (now := time.monotonic() - began) < fenced_after + WATCHED_SECONDS:
        accepted += _writes(stage)
        if stage.fenced("primary"):
            fenced_after = min(fenced_after, now)
        time.sleep(0.5)
    expect(accepted == 0, "not a single write of a client was accepted")
    if not stage.fenced("primary"):
        raise TimeoutError(f"the old primary was not fenced within {RETURNED_SECONDS:g} s")
    expect(_archive(stage) == before, "nothing was written to the old archive")
    stage.wait(stage.twin.resolve, RESOLVED_SECONDS, "the alias to lead somewhere")
    endpoint = stage.twin.resolve()
    if endpoint is None:
        raise NoAnswer("the alias leads nowhere again")
    expect(endpoint.site == "dr", f"clients stay with DR, not: {endpoint.site}")
    return Measured(
        seconds=fenced_after,
        details={"writes_accepted_by_a_client_that_ignores_the_alias": accepted},
    )


def _archive(stage: Stage) -> set[str]:
    return set(stage.bucket("primary").keys(f"{stage.archive('primary')}/"))


def _writes(stage: Stage) -> bool:
    endpoint = stage.twin.endpoint("primary")
    if endpoint is None:
        return False
    with (
        contextlib.suppress(psycopg.Error),
        endpoint.connect(options="-c statement_timeout=1000") as connection,
    ):
        connection.execute("CREATE TABLE IF NOT EXISTS stray (at timestamptz)")
        connection.execute("INSERT INTO stray VALUES (clock_timestamp())")
        return True
    return False


SCENARIO = Scenario(
    name="returns-fenced",
    sentence="An old primary that comes back by itself accepts no write, not even of a client that "
    "ignores the alias, and is fenced within {bound}; it writes nothing to its archive, and no "
    "client is led to it.",
    act=act,
    needs=frozenset({"loss of a region"}),
    bound=lambda _: RETURNED_SECONDS,
    before="DR writes alone",
)
