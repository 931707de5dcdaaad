"""What is said to bound the RPO, and that the stream is never named too early."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgtwin.rpo import behind_bytes, rpo
from pgtwin.site_state import SiteState
from pgtwin.verdict import verdict
from topology.topology import Replication

SINCE = "2026-11-26T03:12:00Z"
ages = st.none() | st.floats(0, 10_000)
configurations = st.sampled_from(["archive", "streaming"])


def standby(**fields: Any) -> SiteState:
    return SiteState(
        **{
            "site": "dr",
            "role": "replica",
            "accepts_writes": False,
            "healthy": True,
            "fenced": False,
            "following": True,
            "server_name": "dr",
            "heartbeat_age_seconds": 12.0,
            **fields,
        }
    )


standbys = st.none() | st.builds(
    standby,
    following=st.booleans(),
    streams=st.booleans(),
    streamed_at=st.none() | st.just(SINCE),
    heartbeat_age_seconds=ages,
    arrived_age_seconds=ages,
)


@given(configured=configurations, state=standbys)
def test_the_stream_is_named_only_of_a_site_that_follows_and_streams(
    configured: Replication, state: SiteState | None
) -> None:
    found = rpo(configured, state)

    streams = state is not None and state.following and state.streams
    assert (found.bounded_by == "stream") == streams


@given(configured=configurations, state=standbys)
def test_less_than_what_was_configured_is_degraded_and_nothing_else_is(
    configured: Replication, state: SiteState | None
) -> None:
    found = rpo(configured, state)

    assert found.degraded == (configured == "streaming" and found.bounded_by != "stream")
    assert found.since is None or found.degraded


@given(state=standbys)
def test_a_bound_never_grows_by_what_the_stream_tells(state: SiteState | None) -> None:
    if state is None:
        return
    without = standby(heartbeat_age_seconds=state.heartbeat_age_seconds).loss.seconds
    bound = state.loss.seconds

    assert without is None or (bound is not None and bound <= without)


@given(writer=st.integers(0, 2**64 - 1), lacks=st.integers(-(2**40), 2**40))
def test_bytes_behind_are_those_between_the_two_positions(writer: int, lacks: int) -> None:
    there = min(max(0, writer - lacks), 2**64 - 1)

    assert behind_bytes(_lsn(writer), _lsn(there)) == max(0, writer - there)


def _lsn(position: int) -> str:
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


def test_a_position_that_is_not_known_is_no_distance() -> None:
    assert behind_bytes(None, "0/3000000") is None
    assert behind_bytes("0/3000000", None) is None


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (standby(streams=True), None),
        (
            standby(streamed_at=SINCE),
            f"(archive); streaming is configured, but the replica has not streamed since {SINCE}",
        ),
        (standby(), "(archive); streaming is configured, but the replica does not stream"),
    ],
)
def test_a_system_that_is_to_stream_and_does_not_is_never_called_good(
    state: SiteState, said: str | None
) -> None:
    writer = standby(site="primary", role="writer", accepts_writes=True, following=False)

    judged = verdict(
        {"primary": writer, "dr": state},
        None,
        "primary",
        rpo=rpo("streaming", state),
    )

    assert judged.good == (said is None)
    assert said is None or said in judged.text
