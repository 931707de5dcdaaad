"""A program of one C file that a Go module ships, linked statically."""

from dataclasses import dataclass
from pathlib import Path

from drill.rig.parts.go_module import C_COMPILER, GO, MODULES, source
from drill.rig.parts.part import Prerequisite
from drill.rig.parts.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class CProgram:
    """`bin/NAME`, compiled from a file of a pinned module."""

    name: str
    module: str
    dependency: str
    code: str
    defines: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The pin of the module."""
        return (MODULES / self.module / "go.mod", MODULES / self.module / "go.sum")

    @property
    def prerequisites(self) -> tuple[Prerequisite, ...]:
        """Go fetches the source, a C compiler makes the program."""
        return (GO, C_COMPILER)

    def make(self, work: Workspace) -> None:
        """Compile."""
        programs = work.into / "bin"
        programs.mkdir()
        code = source(self.module, self.dependency) / self.code
        defines = [f"-D{define}" for define in self.defines]
        work.run("gcc", "-Os", "-static", *defines, "-o", programs / self.name, code)
