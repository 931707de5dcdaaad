"""A part of the matrix of `make failures` that a test run can afford."""

from pathlib import Path

import pytest

from drill.failure_modes import ALL
from drill.failures.commands import COMMANDS
from drill.failures.matrix import sliced
from drill.failures.players import players
from drill.failures.side_by_side import play

CONFIG = Path(__file__).parents[3] / "config" / "default.yaml"
WORKERS = 4


def test_the_slice_has_each_mode_with_failover_and_status_and_every_command() -> None:
    slice_ = sliced()

    for name in ("failover", "status"):
        assert {cell.mode for cell in slice_ if cell.command.name == name} == set(ALL)
    assert {cell.command for cell in slice_} == set(COMMANDS)


@pytest.mark.slow
def test_however_the_primary_is_lost_a_failover_is_done_and_status_answers_within_10_s(
    tmp_path: Path,
) -> None:
    """Every other command ends once too: done, refused, or stopped with the next command."""
    with players(CONFIG, WORKERS, log=tmp_path / "aws.log", say=print) as playing:
        results = play(playing, sliced(), keep=lambda _: None, say=print)

    assert not [f"{each.cell}: {each.outcome}: {each.said}" for each in results if each.wrong]
    if undecided := [str(each.cell) for each in results if each.undecided]:
        pytest.skip(f"the machine was too busy to judge {undecided}")
