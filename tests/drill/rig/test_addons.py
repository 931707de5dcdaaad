"""The stand-in for k3s' deploy controller, without a cluster behind it."""

import sys
from pathlib import Path

import pytest

from drill.rig.inside.addons import Addons


def test_a_file_that_leaves_the_folder_while_it_is_looked_at_ends_no_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a chart does once its AddOn shows that it was taken."""
    monkeypatch.setattr(Path, "glob", lambda *_: iter([tmp_path / "gone.yaml"]))

    Addons(tmp_path, ("false",), kinds=None).settle()

    assert capsys.readouterr().err == "", "kubectl was asked nothing"


def test_the_kinds_of_k3s_are_there_before_the_first_file_is_looked_at(tmp_path: Path) -> None:
    told, kinds, folder = tmp_path / "told", tmp_path / "kinds", tmp_path / "manifests"
    note = f"import sys; open({str(told)!r}, 'a').write(' '.join(sys.argv[1:]) + chr(10))"
    folder.mkdir()

    Addons(folder, (sys.executable, "-c", note), kinds=kinds).settle()

    assert told.read_text().splitlines() == [
        f"apply -f {kinds}",
        "wait crd/addons.k3s.cattle.io --for=condition=Established --timeout=60s",
    ]
