"""Certificates are reissued while applications are connected."""

import ssl
import time
from collections.abc import Sequence
from contextlib import suppress

from drill.ground_site import NoAnswer
from drill.scenarios.scenario import Measured, Scenario, expect
from drill.scenarios.stage import Stage
from drill.traffic.tls import presented_certificate
from drill.traffic.writer import Failure
from topology.site import SITES

TAKEN_OVER_SECONDS = 60.0
_STARTED = "SELECT pg_postmaster_start_time()::text"


def act(stage: Stage) -> Measured:
    """Reissue every certificate as an operator would, beside a connection that is open."""
    before = _presented(stage)
    started = {site: stage.answer(site, _STARTED) for site in SITES}
    with stage.writer() as writer:
        stage.wait_for_rows(writer, 5)
        since, began = time.time(), time.monotonic()
        stage.twin.pgtwin("rotate-certificates")
        stage.wait(
            lambda: _is_new(stage, before), TAKEN_OVER_SECONDS, "a new certificate of the writer"
        )
        seconds = time.monotonic() - began
        stage.wait_for_rows(writer, writer.acknowledgements.count + 5)
    for site in SITES:
        now = stage.answer(site, _STARTED)
        expect(now == started[site], f"PostgreSQL of {site} does not restart")
    expect_no_end([failure for failure in writer.failures if failure.at >= since])
    found = stage.compare(writer, "primary")
    return Measured(seconds=seconds, lost=len(found.lost), phantom=len(found.phantom))


def expect_no_end(failures: Sequence[Failure]) -> None:
    """Whatever the other side ended or refused breaks the promise; a time-out alone is late.

    Raises:
        Broken: with the first that was ended or refused.
        TimeoutError: when the application gave up by itself.
    """
    ended = [failure.error for failure in failures if not failure.late]
    expect(not ended, f"no connection ends, not: {ended[:1]}")
    if failures:
        raise TimeoutError(f"a write did not succeed in time: {failures[0].error}")


def _is_new(stage: Stage, before: bytes) -> bool:
    with suppress(NoAnswer):
        return _presented(stage) != before
    return False


def _presented(stage: Stage) -> bytes:
    """The writer's certificate, verified as applications verify it.

    Raises:
        NoAnswer: when it presents none in time.
        ssl.SSLCertVerificationError: when it presents one that applications would not accept.
    """
    endpoint = stage.twin.endpoint("primary")
    if endpoint is None:
        raise NoAnswer("the primary's load balancer leads nowhere")
    try:
        return presented_certificate(endpoint)
    except ssl.SSLCertVerificationError:
        raise
    except OSError as error:
        raise NoAnswer(f"the writer presents no certificate: {error}") from error


SCENARIO = Scenario(
    name="new-certificates",
    sentence="New certificates are presented within {bound} of the command; no connection ends, "
    "PostgreSQL restarts nowhere, and clients verify them with the bundle that they have.",
    act=act,
    repeatable=True,
    bound=lambda _: TAKEN_OVER_SECONDS,
)
