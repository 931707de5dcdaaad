"""A word is for what was shown, and for two minutes."""

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from pgtwin.commands.carry_out import ask
from pgtwin.confirmation import FRESH_SECONDS, Confirmation
from pgtwin.errors import PlanRefused
from pgtwin.run import Run


@dataclass
class Clock:
    """It stands still until somebody takes time."""

    at: datetime = datetime(2026, 1, 1, 14, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Person:
    """Takes so many seconds for each answer."""

    clock: Clock
    seconds: list[float]
    asked: list[datetime] = field(default_factory=list)

    def ask(self) -> None:
        self.asked.append(self.clock.now())
        self.clock.sleep(self.seconds.pop(0))


def run_with(clock: Clock) -> Run:
    return Run(
        id="r",
        owner="somebody",
        what="failover",
        sites=MappingProxyType({}),
        clusters=MappingProxyType({}),
        clock=clock,
        tell=lambda text: None,
        confirm=lambda *_: None,
    )


def test_who_answers_soon_is_asked_once() -> None:
    person = Person(Clock(), [FRESH_SECONDS])
    confirmation = Confirmation(run_with(person.clock), person.ask)

    confirmation.get()
    confirmation.renew()

    assert len(person.asked) == 1


def test_who_answered_a_long_time_after_the_look_is_shown_it_anew() -> None:
    person = Person(Clock(), [FRESH_SECONDS + 1, 3])

    Confirmation(run_with(person.clock), person.ask).get()

    assert len(person.asked) == 2


def test_a_word_from_before_the_laptop_slept_is_asked_for_again() -> None:
    person = Person(Clock(), [3, 3])
    confirmation = Confirmation(run_with(person.clock), person.ask)
    confirmation.get()

    person.clock.sleep(3 * 3600)
    confirmation.renew()

    assert [at.hour for at in person.asked] == [14, 17]


def test_a_word_is_good_from_when_it_was_given_and_not_from_the_look() -> None:
    person = Person(Clock(), [FRESH_SECONDS - 1])
    run = run_with(person.clock)
    confirmation = Confirmation(run, person.ask)
    confirmation.get()

    person.clock.sleep(FRESH_SECONDS - 1)
    confirmation.renew()

    assert len(person.asked) == 1
    assert run.looked_at == person.asked[0]


@pytest.mark.parametrize("while_typing", [True, False])
def test_a_clock_that_was_set_back_makes_no_old_word_fresh(while_typing: bool) -> None:
    person = Person(Clock(), [-3600 if while_typing else 3, 3])
    confirmation = Confirmation(run_with(person.clock), person.ask)

    confirmation.get()
    person.clock.sleep(0 if while_typing else -3600)
    confirmation.renew()

    assert len(person.asked) == 2


@pytest.mark.parametrize(
    ("option", "next_step"),
    [
        ("", "repeat in a terminal"),
        ("--yes-destroy", "repeat in a terminal, or repeat with --yes-destroy"),
    ],
)
def test_who_has_no_terminal_is_told_of_the_option_that_the_command_has(
    option: str, next_step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())

    with pytest.raises(PlanRefused, match=f"nothing was changed - {next_step}$"):
        ask("Something will be lost", "pgtwin", option=option)


def test_a_word_that_is_not_given_again_stops_the_run() -> None:
    clock, answers = Clock(), [True, False]

    def ask() -> None:
        if not answers.pop(0):
            raise PlanRefused("no")

    confirmation = Confirmation(run_with(clock), ask)
    confirmation.get()
    clock.sleep(3 * 3600)

    with pytest.raises(PlanRefused):
        confirmation.renew()
