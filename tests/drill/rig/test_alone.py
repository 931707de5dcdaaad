"""Of two commands that make a rig of one name, from whichever checkout, the second is refused."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drill.grounds.choice import GroundUnfit
from drill.grounds.rig import RigGround
from drill.rig import __main__ as command
from drill.rig import parts, prerequisites, remains
from drill.rig.alone import RigIsTaken, alone
from drill.rig.name import RigName

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a rig needs Linux")
NAME = RigName(run="taken")
_HOLDS = """
from drill.rig.alone import alone
from drill.rig.name import RigName
with alone(RigName(run="taken")):
    print(flush=True)
    {then}
"""


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[RigName]:
    """What would have been removed; nothing is ever built."""
    found: list[RigName] = []
    monkeypatch.setattr(parts, "build", _interrupted)
    monkeypatch.setattr(remains, "remove", lambda name, *_: found.append(name))
    monkeypatch.setattr(remains, "find", lambda _: ())
    for asked in ("missing", "missing_rights"):
        monkeypatch.setattr(prerequisites, asked, lambda: ())
    return found


def _interrupted(**_: object) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def other() -> Iterator[None]:
    """Another process that holds the name, and is killed at the end."""
    program = [sys.executable, "-c", _HOLDS.format(then="input()")]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
        yield
        process.kill()


@pytest.mark.usefixtures("other")
def test_the_second_is_refused_and_removes_nothing(
    removed: list[RigName], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command.main(["--run", NAME.run, "up"]) == 2
    assert "another command is busy with the rig taken" in capsys.readouterr().err

    monkeypatch.setattr("drill.grounds.rig.DRILL", NAME.run)
    with (
        pytest.raises(GroundUnfit, match="another command is busy"),
        RigGround(Path("config/default.yaml"), Path(), lambda _: None),
    ):
        pass
    assert removed == []


def test_a_name_is_free_again_when_its_process_has_ended() -> None:
    subprocess.run(
        [sys.executable, "-c", _HOLDS.format(then="pass")], check=True, stdout=subprocess.DEVNULL
    )

    with alone(NAME), alone(RigName(run="another")), pytest.raises(RigIsTaken), alone(NAME):
        pass


def test_an_interrupted_command_removes_what_it_made_and_says_what_it_could_not(
    removed: list[RigName], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stuck(*_: object) -> None:
        raise TimeoutError("processes [7] do not end")

    assert command.main(["--run", NAME.run, "up"]) == command.INTERRUPTED
    assert removed == [NAME]
    assert "nothing is left" in capsys.readouterr().err

    monkeypatch.setattr(remains, "remove", stuck)
    assert command.main(["--run", NAME.run, "up"]) == command.INTERRUPTED
    assert "nothing is left" not in (said := capsys.readouterr().err)
    assert "processes [7] do not end" in said

    assert command.main(["--run", NAME.run, "down"]) == 1
    assert "repeat: make rig-down" in capsys.readouterr().err
