"""When a replica may be said to stream, and what it knows then."""

from hypothesis import given
from hypothesis import strategies as st

from host.postgres.stream import CLOSE_BYTES, QUIET_SECONDS, Stream

ages = st.floats(0, 10_000)


def stream(*, lacks_bytes: int, heard_age_seconds: float) -> Stream:
    return Stream(
        received_lsn="0/3000000",
        announced_lsn="0/3000000",
        lacks_bytes=lacks_bytes,
        heard_age_seconds=heard_age_seconds,
    )


@given(lacks=st.integers(0, 2 * CLOSE_BYTES), age=ages)
def test_the_stream_is_close_while_the_writer_is_heard_and_little_is_lacking(
    lacks: int, age: float
) -> None:
    close = stream(lacks_bytes=lacks, heard_age_seconds=age).is_close

    assert close == (lacks <= CLOSE_BYTES and age <= QUIET_SECONDS)


@given(lacks=st.integers(1, 2**40), age=ages)
def test_what_was_announced_and_did_not_come_is_never_told_as_complete(
    lacks: int, age: float
) -> None:
    assert stream(lacks_bytes=lacks, heard_age_seconds=age).complete_age_seconds is None


@given(age=ages)
def test_what_is_complete_was_so_when_the_writer_was_last_heard(age: float) -> None:
    assert stream(lacks_bytes=0, heard_age_seconds=age).complete_age_seconds == age
