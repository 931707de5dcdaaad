"""When a replica may be said to stream, and what it knows then."""

from hypothesis import given
from hypothesis import strategies as st

from host.postgres.stream import CLOSE_BYTES, LATE_SECONDS, QUIET_SECONDS, Stream

ages = st.floats(0, 10_000)


def stream(*, lacks_bytes: int, heard_age_seconds: float) -> Stream:
    return Stream(lacks_bytes=lacks_bytes, heard_age_seconds=heard_age_seconds)


@given(lacks=st.integers(0, 2 * CLOSE_BYTES), age=ages, commit_age=st.none() | ages)
def test_the_stream_is_close_while_the_writer_is_heard_and_what_lacks_is_little_and_young(
    lacks: int, age: float, commit_age: float | None
) -> None:
    close = stream(lacks_bytes=lacks, heard_age_seconds=age).is_close(
        newest_commit_age_seconds=commit_age
    )

    is_young = lacks == 0 or (commit_age is not None and commit_age <= LATE_SECONDS)
    assert close == (lacks <= CLOSE_BYTES and age <= QUIET_SECONDS and is_young)


def test_a_stream_that_is_minutes_late_is_none_however_few_bytes_it_lacks() -> None:
    """15 MiB over 100 KB/s."""
    late = stream(lacks_bytes=15 * 1024 * 1024, heard_age_seconds=0.1)

    assert not late.is_close(newest_commit_age_seconds=150.0)
    assert not late.is_close(newest_commit_age_seconds=None)


@given(lacks=st.integers(1, 2**40), age=ages)
def test_what_was_announced_and_did_not_come_is_never_told_as_complete(
    lacks: int, age: float
) -> None:
    assert stream(lacks_bytes=lacks, heard_age_seconds=age).complete_age_seconds is None


@given(age=ages)
def test_what_is_complete_was_so_when_the_writer_was_last_heard(age: float) -> None:
    assert stream(lacks_bytes=0, heard_age_seconds=age).complete_age_seconds == age
