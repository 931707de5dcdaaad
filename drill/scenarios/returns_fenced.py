"""The old primary comes back by itself after a failover."""

import contextlib
import time

import psycopg

from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage

FENCED_SECONDS = 60.0
RETURNED_SECONDS = 300.0
"""Four machines boot before there is anything to fence."""
WATCHED_SECONDS = 6.0
RESOLVED_SECONDS = 30.0


def act(stage: Stage) -> Measured:
    """Bring the region back as it was, with a client that ignores the alias, and watch."""
    stage.twin.ground.heal("primary")
    before = _archive(stage)
    began = time.monotonic()
    stage.twin.sites["primary"].power_on()
    accepted = 0
    last = began
    while time.monotonic() - began < RETURNED_SECONDS:
        if _writes(stage):
            accepted += 1
            last = time.monotonic()
        elif stage.fenced("primary") and time.monotonic() - last > WATCHED_SECONDS:
            break
        time.sleep(0.5)
    else:
        raise TimeoutError(f"the old primary was not fenced within {FENCED_SECONDS:g} s")
    expect(_archive(stage) == before, "nothing was written to the old archive")
    stage.wait(stage.twin.resolve, RESOLVED_SECONDS, "the alias to lead somewhere")
    endpoint = stage.twin.resolve()
    expect(endpoint and endpoint.site == "dr", f"clients stay with DR, not: {endpoint}")
    return Measured(
        seconds=last - began,
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
    sentence="An old primary that comes back by itself is fenced, and accepts no write later than "
    "{bound}; it writes nothing to its archive, and no client is led to it.",
    act=act,
    needs=frozenset({"loss of a region"}),
    bound=lambda _: FENCED_SECONDS,
    before="DR writes alone",
)
