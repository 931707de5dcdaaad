"""`python -m drill.rig`: what one command does to every rig that the project's commands make."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator

import pytest

from drill.rig import cgroups, remains
from drill.rig.__main__ import main
from drill.rig.name import DRILL, ROUTER, RigName
from tests.drill.rig.conftest import ROOT, machine, wire


@pytest.fixture
def rigs(rig_name: RigName, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[RigName, RigName]]:
    """In place of the rig by hand and of a drill's."""
    of_a_drill = RigName(run=f"t{uuid.uuid4().hex[:8]}")
    monkeypatch.setattr(RigName, "known", lambda: (rig_name, of_a_drill))
    yield rig_name, of_a_drill
    remains.remove(of_a_drill)


def test_a_drill_has_a_rig_beside_the_one_by_hand() -> None:
    assert RigName.known() == (RigName(run="main"), RigName(run=DRILL))


def test_what_a_killed_drill_left_is_shown_and_removed(
    rigs: tuple[RigName, RigName], capsys: pytest.CaptureFixture[str]
) -> None:
    by_hand, of_a_drill = rigs
    wire(of_a_drill)
    machine(of_a_drill, "primary").power_on()

    main(["status"])
    shown = {each["run"]: each["there"] for each in json.loads(capsys.readouterr().out)}
    main(["down"])

    assert shown[by_hand.run] == []
    assert any("process" in each for each in shown[of_a_drill.run])
    assert remains.find(of_a_drill) == []


def test_a_cloud_that_starts_when_its_rig_was_removed_ends_and_leaves_nothing(
    rig_name: RigName,
) -> None:
    cgroups.make(rig_name.machine_cgroup(ROUTER))
    remains.remove(rig_name)

    cloud = subprocess.run(
        [sys.executable, "-m", "drill.rig.cloud", rig_name.run, "config/default.yaml", "none", "0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert cloud.returncode != 0
    assert "cgroup.procs" in cloud.stderr
    assert remains.find(rig_name) == []
