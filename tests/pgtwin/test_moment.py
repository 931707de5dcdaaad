"""A moment that a person types arrives where it is used as it was typed."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from pgtwin.commands.typed_times import moment
from pgtwin.errors import PlanRefused

LATEST = datetime(2026, 11, 1)  # noqa: DTZ001 (hypothesis gives it a zone)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(
    when=st.datetimes(max_value=LATEST, timezones=ZONES),
)
def test_a_moment_is_the_same_in_utc_to_the_microsecond_or_refused(when: datetime) -> None:
    try:
        found = moment("--at", when.isoformat())
    except PlanRefused:
        assert when.year in (1, 9999), "it is no year of UTC's"
        return

    assert found.endswith("Z")
    assert datetime.fromisoformat(found) == when
    assert datetime.fromisoformat(found).tzinfo == UTC
