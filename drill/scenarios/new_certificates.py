"""Certificates are reissued while applications are connected."""

import time
from contextlib import suppress

from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage
from drill.traffic.tls import presented_certificate
from topology.site import SITES

TAKEN_OVER_SECONDS = 60.0
_STARTED = "SELECT pg_postmaster_start_time()::text"


def act(stage: Stage) -> Measured:
    """Reissue every certificate as an operator would, beside a connection that is open."""
    before = _presented(stage)
    expect(before, "the writer proves itself by its name")
    started = {site: stage.ask(site, _STARTED) for site in SITES}
    with stage.writer() as writer:
        stage.wait_for_rows(writer, 5)
        began = time.monotonic()
        stage.twin.pgtwin("rotate-certificates")
        stage.wait(
            lambda: _presented(stage) not in (None, before),
            TAKEN_OVER_SECONDS,
            "a new certificate of the writer",
        )
        seconds = time.monotonic() - began
        stage.wait_for_rows(writer, writer.acknowledgements.count + 5)
        expect(not writer.failures, f"no connection ends, not: {writer.last_failure}")
    for site in SITES:
        expect(stage.ask(site, _STARTED) == started[site], f"PostgreSQL of {site} does not restart")
    found = stage.compare(writer, "primary")
    return Measured(seconds=seconds, lost=len(found.lost), phantom=len(found.phantom))


def _presented(stage: Stage) -> bytes | None:
    endpoint = stage.twin.endpoint("primary")
    if endpoint is None:
        return None
    with suppress(OSError):
        return presented_certificate(endpoint)
    return None


SCENARIO = Scenario(
    name="new-certificates",
    sentence="New certificates are presented within {bound} of the command; no connection ends, "
    "PostgreSQL restarts nowhere, and clients verify them with the bundle that they have.",
    act=act,
    repeatable=True,
    bound=lambda _: TAKEN_OVER_SECONDS,
)
