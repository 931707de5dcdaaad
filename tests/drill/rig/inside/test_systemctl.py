"""What the stand-in for systemctl does with the words of the host program; in this process."""

import ast
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drill.rig.inside import systemd
from drill.rig.inside.systemd import Systemd
from tests.golden import ROOT
from tests.waiting import eventually

KEPT = """\
[Service]
Type=exec
ExecStart=/bin/sh -c 'echo started >> {runs}; {then}'
Restart=always
RestartSec=2s
"""


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    monkeypatch.setattr(systemd, "UNITS", tmp_path)
    monkeypatch.setattr(systemd, "LOGS", tmp_path)
    made = Systemd()
    yield made
    for unit in tmp_path.glob("*.service"):
        made.stop(unit.name)


def unit(folder: Path, then: str) -> Callable[[], int]:
    """Make `kept.service`; the answer counts its runs."""
    runs = folder / "runs"
    (folder / "kept.service").write_text(KEPT.format(runs=runs, then=then))
    return lambda: len(runs.read_text().splitlines()) if runs.exists() else 0


def said_by_the_host() -> set[str]:
    """The verbs of each call of systemctl in `host/`."""
    found = set()
    for path in (ROOT / "host").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            words = [constants(part) for part in call.args] if isinstance(call, ast.Call) else []
            if ["systemctl"] in words:
                after = words[words.index(["systemctl"]) + 1 :]
                found |= set(next(each for each in after if not each[0].startswith("--")))
    return found


def constants(part: ast.expr) -> list[str]:
    """The strings that an argument may be."""
    found = [each.value for each in ast.walk(part) if isinstance(each, ast.Constant)]
    return [each for each in found if isinstance(each, str)]


def test_every_verb_that_the_host_program_says_is_known(manager: Systemd) -> None:
    verbs = said_by_the_host()
    assert {"try-restart", "enable", "start", "restart", "daemon-reload"} <= verbs

    for verb in verbs:
        words = [verb] if verb == "daemon-reload" else [verb, "nothing.service"]
        assert "not known" not in manager.ctl(words)[1], verb
    assert "not known" in manager.ctl(["mask", "nothing.service"])[1]


def test_try_restart_starts_what_runs_again_and_leaves_the_rest_alone(
    manager: Systemd, tmp_path: Path
) -> None:
    runs = unit(tmp_path, "exec sleep 600")
    assert manager.ctl(["try-restart", "kept.service"]) == (0, "")
    assert manager.ctl(["is-active", "kept.service"])[0] != 0

    assert manager.ctl(["start", "kept.service"]) == (0, "")
    eventually(lambda: runs() == 1)
    assert manager.ctl(["try-restart", "kept.service"]) == (0, "")

    eventually(lambda: runs() == 2)
    assert manager.ctl(["is-active", "kept.service"]) == (0, "")


def test_a_service_that_is_started_in_its_pause_runs_once(manager: Systemd, tmp_path: Path) -> None:
    runs = unit(tmp_path, f"test -e {tmp_path}/stay && exec sleep 600")
    manager.ctl(["start", "kept.service"])
    eventually(lambda: runs() == 1 and manager.ctl(["is-active", "kept.service"])[0] != 0)
    (tmp_path / "stay").touch()

    manager.ctl(["start", "kept.service"])
    eventually(lambda: runs() == 2)
    eventually(lambda: len([each for each in threading.enumerate() if "_keep" in each.name]) == 1)

    assert runs() == 2
