"""A Python environment for the Python of a Debian layer, as one more layer.

The wheels are downloaded by this machine's pip with its own settings, so that a mirror that the
user gave pip serves here too; they are installed by the layer's Python in a chroot without network.
"""

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from drill.rig.parts.debian_layer import LAYER, pack
from drill.rig.parts.go_module import GO, MODULES, source
from drill.rig.parts.part import Prerequisite, root_rights
from drill.rig.parts.workspace import PartNotBuiltError, Workspace


@dataclass(frozen=True, kw_only=True)
class PythonLayer:
    """`layer.tar` with /venv: `packages` in the versions that a Go module's list pins."""

    base: str
    """The part with the Debian layer."""
    packages: tuple[str, ...]
    module: str
    dependency: str
    pins: str
    """The list of `name==version` lines in the module."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The pin of the module that holds the list."""
        return (MODULES / self.module / "go.mod", MODULES / self.module / "go.sum")

    @property
    def prerequisites(self) -> tuple[Prerequisite, ...]:
        """A chroot needs root; Go fetches the module."""
        return (root_rights("a chroot"), GO)

    def make(self, work: Workspace) -> None:
        """Install into /venv of an unpacked copy of the base, and keep only /venv."""
        system, wheels = work.into / "system", work.into / "system" / "wheels"
        system.mkdir()
        work.run("tar", "--extract", "--file", work.made[self.base] / LAYER, folder=system)
        wheels.mkdir()
        wanted = self._pinned()
        self._download(work, system, wheels, wanted)
        python = "/venv/bin/python3"
        work.run("chroot", system, "python3", "-m", "venv", "--system-site-packages", "/venv")
        work.run(
            *("chroot", system, python, "-m", "pip", "--isolated", "install", "--no-deps"),
            *("--no-index", "--find-links", "/wheels", "--compile", *wanted),
        )
        pack(work, system, work.into / LAYER, "venv")
        shutil.rmtree(system)

    def _pinned(self) -> list[str]:
        text = (source(self.module, self.dependency) / self.pins).read_text(encoding="utf-8")
        versions = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))
        if lacking := set(self.packages) - versions.keys():
            raise PartNotBuiltError(f"{self.pins} does not pin {', '.join(sorted(lacking))}")
        return [f"{name}=={versions[name]}" for name in self.packages]

    def _download(self, work: Workspace, system: Path, wheels: Path, wanted: list[str]) -> None:
        """Wheels for the layer's Python, whose version its own link tells."""
        version = (system / "usr/bin/python3").readlink().name.removeprefix("python")
        work.run(
            *(sys.executable, "-m", "pip", "download", "--dest", wheels, "--no-deps"),
            *("--only-binary=:all:", "--python-version", version, *wanted),
        )
