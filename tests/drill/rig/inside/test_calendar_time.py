from datetime import UTC, datetime

import pytest

from drill.rig.inside.calendar_time import next_elapse
from drill.rig.inside.unit import parse
from host.setup.installation import installed_files

NOW = datetime(2026, 11, 25, 17, 59, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("minutely", datetime(2026, 11, 25, 18, 0, tzinfo=UTC)),
        ("hourly", datetime(2026, 11, 25, 18, 0, tzinfo=UTC)),
        ("*-*-* 06:00:00 UTC", datetime(2026, 11, 26, 6, 0, tzinfo=UTC)),
        ("*-*-* 18:30:00 UTC", datetime(2026, 11, 25, 18, 30, tzinfo=UTC)),
    ],
)
def test_a_timer_elapses_at_the_next_moment_of_its_expression(
    expression: str, due: datetime
) -> None:
    assert next_elapse(expression, NOW) == due


def test_every_timer_of_the_project_is_understood() -> None:
    timers = [(p, text) for p, (text, _) in installed_files(30432).items() if p.endswith(".timer")]

    assert timers
    for path, text in timers:
        assert next_elapse(parse(path, text).value("OnCalendar"), NOW) > NOW


def test_an_expression_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="OnCalendar=weekly"):
        next_elapse("weekly", NOW)
