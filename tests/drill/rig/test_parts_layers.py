"""A layer holds a folder as it was."""

import py_compile
import subprocess
import sys
from pathlib import Path

from drill.rig.parts.debian_layer import LAYER, pack
from drill.rig.parts.workspace import Workspace


def test_python_in_a_layer_starts_from_what_was_compiled(tmp_path: Path) -> None:
    made, unpacked = tmp_path / "made", tmp_path / "unpacked"
    for folder in (made, unpacked, tmp_path / "into"):
        folder.mkdir()
    (made / "module.py").write_text("VALUE = 1\n", encoding="utf-8")
    py_compile.compile(str(made / "module.py"), doraise=True)
    work = Workspace(into=tmp_path / "into", log=tmp_path / "log")

    pack(work, made, work.into / LAYER)
    subprocess.run(["tar", "--extract", "--file", work.into / LAYER], cwd=unpacked, check=True)

    found = subprocess.run(
        [sys.executable, "-B", "-v", "-c", "import module"],
        env={"PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"matches {unpacked}/module.py" in found.stderr
