"""The simulated operator goes through the same states as the real one was recorded to.

All our doubles share what is played here (`drill/operator/behaviour/`). That the comparison finds a
difference is shown by planting some.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from drill.operator.behaviour import look
from drill.operator.behaviour.next_step import steps
from drill.operator.behaviour.phases import RESTARTING, UPGRADING
from drill.operator.behaviour.seen import Seen
from drill.operator.behaviour.step import Fence, Show, Steps
from tests.contract.normal_form import (
    FOLDER,
    NOT_OF_THE_SEQUENCE,
    READ_BY_HOST,
    Recording,
)
from tests.contract.replay import Replay
from tests.contract.sql_states import sql_states

RECORDED = sorted(path.stem for path in FOLDER.glob("*.jsonl"))


@pytest.mark.parametrize("name", RECORDED)
def test_the_double_shows_what_the_real_operator_showed(name: str) -> None:
    recording = Recording.read(name)

    assert Replay(recording).play() == recording.sequence


@pytest.mark.parametrize("name", RECORDED)
def test_the_instances_of_the_double_change_as_the_real_ones_did(name: str) -> None:
    recording = Recording.read(name)
    replay = Replay(recording)
    replay.play()
    played = sql_states(replay.lines)

    for instance, states in sql_states(recording.lines).items():
        if recording.cut:
            assert set(states) <= set(played[instance]), instance
        else:
            assert states == played[instance], instance


@pytest.mark.parametrize("name", [each for each in RECORDED if "promotion" in each])
def test_a_promoted_site_writes_before_its_instances_are_restarted(name: str) -> None:
    recording = Recording.read(name)
    replay = Replay(recording)
    replay.play()

    for lines in (recording.lines, tuple(replay.lines)):
        writes = _first(lines, lambda line: line.get("in_recovery") is False)
        restarts = _first(lines, lambda line: line.get("phase") in (UPGRADING, RESTARTING))
        assert writes < restarts


@pytest.mark.parametrize("name", [each for each in RECORDED if "promotion-3" in each])
def test_a_promoted_site_has_no_synchronous_standby_at_first(name: str) -> None:
    recording = Recording.read(name)
    replay = Replay(recording)
    replay.play()

    for lines in (recording.lines, tuple(replay.lines)):
        written = [line for line in lines if line.get("in_recovery") is False]
        counts = [line["synchronous_standbys"] for line in written]
        assert counts[0] == 0
        assert max(counts) == 2


@pytest.mark.parametrize("name", [each for each in RECORDED if each.startswith("demotion")])
def test_the_token_of_a_demotion_is_shown_after_the_last_write(name: str) -> None:
    recording = Recording.read(name)
    replay = Replay(recording)
    replay.play()

    for lines in (recording.lines, tuple(replay.lines)):
        shown = _first(lines, lambda line: "demotionToken" in line)
        assert not any(line.get("in_recovery") is False for line in lines[shown:])


def test_a_state_holds_every_field_of_the_status_that_the_host_program_reads() -> None:
    read = {
        field
        for path in Path("host").rglob("*.py")
        for field in re.findall(r'\.status\("(\w+)"\)', path.read_text(encoding="utf-8"))
    }

    assert read <= READ_BY_HOST | NOT_OF_THE_SEQUENCE.keys()


Planted = Callable[[Seen], Steps]


def _without(unwanted: Callable[[object], bool]) -> Planted:
    return lambda seen: tuple(each for each in steps(seen) if not unwanted(each))


def _renamed(seen: Seen) -> Steps:
    def other(step: object) -> object:
        if isinstance(step, Show) and step.status.get("phase") == UPGRADING:
            return Show(status={**step.status, "phase": "Rolling out"})
        return step

    return tuple(other(each) for each in steps(seen))  # type: ignore[misc]


def _token_cleared_at_the_end(seen: Seen) -> Steps:
    promoted = seen.primary is not None and not seen.primary.is_standby
    if promoted or seen.asked.follows:
        return steps(seen)
    status = {key: value for key, value in seen.status.items() if key != "demotionToken"}
    return steps(replace(seen, status=status))


def _not_paused(seen: Seen) -> Steps:
    return steps(replace(seen, asked=replace(seen.asked, paused=False)))


PLANTED: dict[str, tuple[str, Planted]] = {
    "a phase is renamed": ("promotion-3-instances", _renamed),
    "the used token stays in the status": (
        "promotion-1-instance",
        _without(lambda step: step == Show(status={"lastPromotionToken": None})),
    ),
    "a paused operator goes on": ("promotion-3-instances-paused", _not_paused),
    "a demotion raises no fence": (
        "demotion-3-instances",
        _without(lambda step: isinstance(step, Fence)),
    ),
    "the demotion token is cleared when the promotion is over": (
        "promotion-1-instance",
        _token_cleared_at_the_end,
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_difference_is_found(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, double = PLANTED[planted]
    recording = Recording.read(name)
    monkeypatch.setattr(look, "steps", double)

    assert Replay(recording).play() != recording.sequence


def _first(lines: tuple[object, ...], holds: Callable[..., bool]) -> int:
    return next(index for index, line in enumerate(lines) if holds(line))
