"""What is said to bound the RPO, and that neither the stream nor a promise is named too early."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgtwin.record_copies import RecordCopies
from pgtwin.rpo import behind_bytes, rpo
from pgtwin.site_state import SiteState
from pgtwin.verdict import verdict
from tests.pgtwin.read_copies import read_everywhere
from topology.topology import Replication

SINCE = "2026-11-26T03:12:00Z"
ages = st.none() | st.floats(0, 10_000)
configurations = st.sampled_from(["archive", "streaming"])
NOTE = "2026-11-27T03:12:00+00:00"
KEPT = {"now": "kept", "degraded_since": None}


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


WRITER = standby(site="primary", role="writer", accepts_writes=True, following=False)
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


@given(
    configured=st.sampled_from(["archive", "streaming", "synchronous"]),
    state=standbys,
    said=st.none()
    | st.fixed_dictionaries(
        {},
        optional={
            "now": st.none()
            | st.sampled_from(["kept", "waits", "degraded", "held", "something new"]),
            "degraded_since": st.none() | st.just(NOTE),
        },
    ),
)
def test_an_rpo_of_0_is_only_said_where_postgres_says_so_and_no_note_says_degraded(
    configured: Replication, state: SiteState | None, said: dict[str, str | None] | None
) -> None:
    found = rpo(configured, state, other_region=said)

    if found.bounded_by == "synchronous":
        assert configured == "synchronous"
        assert said is not None
        assert said["now"] == "kept"
        assert said.get("degraded_since") is None
        assert not found.degraded
        assert state is None or state.following
    if configured == "synchronous" and not found.degraded:
        assert said is not None
        assert said["now"] == "kept"


@pytest.mark.parametrize(
    ("said", "state", "now", "told"),
    [
        (KEPT, standby(streams=True), "RPO now: 0 (synchronous)", ""),
        (KEPT, standby(), "RPO now: 0 (synchronous)", ""),
        (
            {"now": "degraded", "degraded_since": NOTE},
            standby(streams=True),
            "RPO now: at most 12 s (stream)",
            f"; commits may go on without the other region since {NOTE}",
        ),
        (
            {"now": "degraded", "degraded_since": NOTE},
            standby(),
            "RPO now: at most 12 s (archive)",
            f"; commits may go on without the other region since {NOTE}",
        ),
        (
            {"now": "degraded", "degraded_since": NOTE, "until": SINCE},
            standby(),
            "RPO now: at most 12 s (archive)",
            f"; commits may go on without the other region since {NOTE}, until {SINCE}",
        ),
        (
            {"now": "held", "degraded_since": NOTE, "until": SINCE},
            standby(),
            "RPO now: at most 12 s (archive)",
            "; the other region lacks as much as rpo allows, and commits should be waiting for it",
        ),
        (
            {"now": "kept", "degraded_since": NOTE},
            standby(streams=True),
            "RPO now: at most 12 s (stream)",
            f"; commits may go on without the other region since {NOTE}",
        ),
        (
            {"now": "waits", "degraded_since": None},
            standby(),
            "RPO now: at most 12 s (archive)",
            "; the other region is not heard or has not all yet, and commits should be waiting",
        ),
        (
            None,
            standby(streams=True),
            "RPO now: at most 12 s (stream)",
            "; synchronous is configured, and it is unknown whether commits wait for the other",
        ),
    ],
    ids=["kept", "slow", "let go", "cut", "bounded", "held", "noted", "silent", "unknown"],
)
def test_the_first_line_says_which_promise_holds_now_and_is_good_for_0_alone(
    said: dict[str, str | None] | None, state: SiteState, now: str, told: str
) -> None:
    found = rpo("synchronous", state, other_region=said)

    judged = verdict({"primary": WRITER, "dr": state}, read_everywhere(None), "primary", rpo=found)

    assert now in judged.text
    assert told in judged.text
    assert judged.good == (not told)
    assert judged.text.endswith("(synchronous)") == (not told)


def test_a_promise_does_not_make_a_failover_ready_to_a_region_that_does_not_answer() -> None:
    found = rpo("synchronous", None, other_region=KEPT)

    judged = verdict(
        {"primary": WRITER, "dr": None}, RecordCopies(read={"primary": None}), "primary", rpo=found
    )

    assert found.bounded_by == "synchronous"
    assert judged.text.startswith("primary writes; failover not ready: dr does not answer")
    assert not judged.good


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
    judged = verdict(
        {"primary": WRITER, "dr": state},
        read_everywhere(None),
        "primary",
        rpo=rpo("streaming", state),
    )

    assert judged.good == (said is None)
    assert said is None or said in judged.text
