"""What a replica may say of how the writer's WAL arrives."""

from hypothesis import given
from hypothesis import strategies as st

from host.evidence.arrival import Arrival, arrival
from host.postgres.site_look import SiteLook
from host.postgres.stream import Stream
from host.postgres.unarchived import Unarchived
from tests.host.decisions.examples import postgres

SINCE = "2026-11-26T03:12:00Z"
ages = st.floats(0, 10_000)
streams = st.none() | st.builds(
    Stream,
    lacks_bytes=st.integers(0, 2**26),
    heard_age_seconds=ages,
)
looks = st.builds(
    SiteLook,
    state=st.sampled_from([postgres(in_recovery=True), postgres(in_recovery=False)]),
    heartbeat_age_seconds=st.none() | ages,
    peers_row_age_seconds=st.none() | ages,
    unarchived=st.just(Unarchived(count=0, oldest=())),
    replay_paused=st.booleans(),
    stream=streams,
    commits_stalled=st.none(),
    settings=st.just({}),
)


@given(look=st.none() | looks)
def test_nothing_is_said_where_the_archive_alone_is_configured(look: SiteLook | None) -> None:
    assert arrival(look, replication="archive", streamed_at=SINCE) == Arrival()


@given(look=looks)
def test_a_stream_is_named_only_on_a_replica_that_is_close_to_the_writer(look: SiteLook) -> None:
    found = arrival(look, replication="streaming", streamed_at=None)

    close = look.stream is not None and look.stream.is_close(
        newest_commit_age_seconds=look.state.replayed_commit_age_seconds
    )
    assert found.streams == (look.state.in_recovery and close)


@given(look=looks)
def test_what_arrived_is_never_younger_than_what_was_heard_or_replayed(look: SiteLook) -> None:
    age = arrival(look, replication="streaming", streamed_at=None).arrived_age_seconds

    known = [look.state.replayed_commit_age_seconds]
    known += [look.stream.heard_age_seconds] if look.stream else []
    assert age is None or age in known
    assert look.state.in_recovery or age is None
