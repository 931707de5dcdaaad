"""What a run of losses keeps, and what it says of each mode."""

import json
import shlex
from pathlib import Path

from drill.losses.document import Losses, Played, table
from drill.rehearsed_configuration import ARCHIVE_TIMEOUT_SECONDS, rehearsed
from drill.replication_mode import ALL, AS_CONFIGURED, FAR_SECONDS, MODES, Mode
from drill.report.document import Outcome
from drill.report.losses import LossResult, ModeResult, SideBySide
from topology.load import load

ARCHIVE, STREAMING, FAR, SYNCHRONOUS = MODES
CONFIG = Path("config/default.yaml")


def _loss(rpo_seconds: float, lost: int) -> LossResult:
    return LossResult(
        mode="refused",
        rpo_seconds=rpo_seconds,
        rto_seconds=9.0,
        since_decision_seconds=6.0,
        lost=lost,
        acknowledged=100,
    )


def _played(
    mode: Mode, number: int, loss: LossResult | None = None, outcome: Outcome = "kept"
) -> Played:
    return Played(
        replication=mode.name, number=number, outcome=outcome, loss=loss, problem="", machine=""
    )


def _losses(path: Path, *, source: str = "one", resumes: bool = True) -> Losses:
    return Losses(path=path, source=source, asked=3, resumes=resumes)


def test_the_distance_is_part_of_a_name_where_it_is_not_the_usual_one() -> None:
    far = Mode(replication="streaming", distance_seconds=FAR_SECONDS)

    names = ["archive", "streaming", "streaming, 80 ms", "synchronous"]
    assert [mode.name for mode in MODES] == names
    assert far.name == "streaming, 80 ms"
    assert Mode(replication="archive", distance_seconds=None).name == "archive"


def test_the_sites_of_every_mode_lie_in_a_folder_that_a_shell_takes_for_one_word() -> None:
    folders = [mode.folder for mode in ALL]

    assert [shlex.split(folder) for folder in folders] == [[folder] for folder in folders]
    assert len(set(folders)) == len(ALL)


def test_a_run_goes_on_where_one_of_the_same_code_ended(tmp_path: Path) -> None:
    path = tmp_path / "losses.json"
    _losses(path).keep(_played(STREAMING, 2, _loss(0.0, 0)))

    again = _losses(path)

    assert again.missing(STREAMING) == [1, 3]
    assert again.missing(ARCHIVE) == [1, 2, 3]
    assert _losses(path, source="other").missing(STREAMING) == [1, 2, 3]
    assert _losses(path, resumes=False).missing(STREAMING) == [1, 2, 3]


def test_each_mode_has_its_distribution_and_what_was_lost_in_rows(tmp_path: Path) -> None:
    path = tmp_path / "losses.json"
    losses = _losses(path)
    losses.keep(_played(ARCHIVE, 1, _loss(4.0, 160)))
    losses.keep(_played(ARCHIVE, 2, _loss(2.0, 80)))
    losses.keep(_played(STREAMING, 1, _loss(0.02, 1)))
    losses.keep(_played(FAR, 1, outcome="broken"))

    modes = json.loads(path.read_text())["modes"]

    assert modes["archive"]["losses"] == 2
    assert modes["archive"]["lost"] == 240
    assert modes["archive"]["acknowledged"] == 200
    assert modes["archive"]["rpo_seconds"]["max"] == 4.0
    assert modes["streaming"]["rpo_seconds"]["values"] == [0.02]
    assert FAR.name not in modes, "nothing was measured there"
    assert "archive" in table(losses.modes)


def test_a_mode_whose_commits_wait_says_in_how_many_losses_they_did(tmp_path: Path) -> None:
    path = tmp_path / "losses.json"
    losses = _losses(path)
    for number, promised in enumerate((True, True, False), 1):
        loss = _loss(0.0, 0).model_copy(update={"promised": promised})
        losses.keep(_played(SYNCHRONOUS, number, loss))

    found = json.loads(path.read_text())["modes"]["synchronous"]

    assert (found["losses"], found["promised"], found["lost"]) == (3, 2, 0)


def test_a_loss_that_broke_its_promise_outweighs_those_that_kept_it(tmp_path: Path) -> None:
    outcomes: tuple[Outcome, ...] = ("kept", "starved", "broken")
    losses = _losses(tmp_path / "losses.json")
    verdicts = []
    for number, outcome in enumerate(outcomes, 1):
        losses.keep(_played(ARCHIVE, number, _loss(4.0, 160), outcome))
        verdicts.append(losses.verdict)

    assert verdicts == ["pass", "starved", "fail"]


def test_what_a_starved_machine_gave_is_no_figure_and_is_played_again(tmp_path: Path) -> None:
    path = tmp_path / "losses.json"
    losses = _losses(path)
    losses.keep(_played(ARCHIVE, 1, _loss(90.0, 900), outcome="starved"))
    losses.keep(_played(ARCHIVE, 2, _loss(2.0, 80)))

    assert losses.modes["archive"].rpo_seconds.values == (2.0,)
    assert losses.missing(ARCHIVE) == [3], "not again and again on a machine that stays starved"
    assert _losses(path).missing(ARCHIVE) == [1, 3]


def test_a_report_reads_what_a_run_of_losses_wrote(tmp_path: Path) -> None:
    path = tmp_path / "losses.json"
    assert SideBySide.read(path) is None
    _losses(path).keep(_played(STREAMING, 1, _loss(0.02, 1)))

    found = SideBySide.read(path)

    assert found is not None
    assert found.modes["streaming"].rpo_seconds.max == 0.02


def test_only_the_archive_as_configured_keeps_the_timeout_of_the_file(tmp_path: Path) -> None:
    asked = load(CONFIG).database.archive_timeout_seconds
    found = {
        mode: rehearsed(CONFIG, tmp_path / mode.name, hurried=mode.hurried).topology
        for mode in (ARCHIVE, AS_CONFIGURED)
    }

    assert found[AS_CONFIGURED].database.archive_timeout_seconds == asked
    assert found[ARCHIVE].database.archive_timeout_seconds == ARCHIVE_TIMEOUT_SECONDS < asked


def test_a_mode_tells_how_far_behind_the_replica_was_before_its_losses() -> None:
    behind = [
        _loss(4.0, 160).model_copy(update={"slowest_lag_seconds": lag})
        for lag in (61.0, None, 64.0)
    ]

    found = ModeResult.of(AS_CONFIGURED, behind).slowest_lag_seconds

    assert (found.n, found.max) == (2, 64.0)
