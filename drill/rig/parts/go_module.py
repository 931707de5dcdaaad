"""Programs built from a pinned Go module: drill/rig/modules/NAME with its go.mod and go.sum.

The programs are the module's `tool` lines, so go.mod is the one home of what is built and in which
version, and go.sum of what each download has to hash to.
"""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from drill.rig.parts.part import Prerequisite
from drill.rig.parts.workspace import PartNotBuiltError, Workspace

MODULES = Path(__file__).parents[1] / "modules"


def pinned(module: str, dependency: str) -> str:
    """The version that drill/rig/modules/`module` pins `dependency` to, such as v1.36.4."""
    text = (MODULES / module / "go.mod").read_text(encoding="utf-8")
    found = re.search(rf"^\s*(?:require )?{re.escape(dependency)} (v\S+)", text, re.MULTILINE)
    if not found:
        raise ValueError(f"drill/rig/modules/{module}/go.mod does not require {dependency}")
    return found[1]


def source(module: str, dependency: str) -> Path:
    """The folder of a dependency's source in Go's module cache, downloaded where it is missing."""
    ended = subprocess.run(
        ["go", "mod", "download", "-json", f"{dependency}@{pinned(module, dependency)}"],
        cwd=MODULES / module,
        check=False,
        capture_output=True,
        text=True,
    )
    found = re.search(r'"Dir": "([^"]+)"', ended.stdout)
    if not found:
        raise PartNotBuiltError(f"go mod download {dependency}: {ended.stdout}{ended.stderr}")
    return Path(found[1])


@dataclass(frozen=True, kw_only=True)
class GoTools:
    """The tools of a module, in the part's folder `bin`."""

    module: str
    tags: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Go variables that the linker sets, such as a version that the source does not carry."""
    c_code: bool = False
    """Whether C is linked. Without, a program is static and runs in an image that holds only it."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Programs that Go names after the wrong folder."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """C headers that the build needs, with the Debian package of each."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Go's own pins, and the source of a main package of ours where the module has one."""
        return tuple(sorted(path for path in (MODULES / self.module).rglob("*") if path.is_file()))

    @property
    def prerequisites(self) -> tuple[Prerequisite, ...]:
        """Go, and a C compiler with the headers where C is linked."""
        return (GO, *((C_COMPILER,) if self.c_code else ()), *map(_header, *_pairs(self.headers)))

    def make(self, work: Workspace) -> None:
        """Build all tools at once, without debugging symbols, which are a third of the size.

        -trimpath: the same bytes wherever the checkout is.
        """
        programs = work.into / "bin"
        programs.mkdir()
        values = (f"-X {name}={value}" for name, value in self.variables.items())
        work.run(
            *("nice", "-n", "5", "go", "build", "-trimpath", "-tags", self.tags),
            *("-ldflags", " ".join(["-s", "-w", *values]), "-o", f"{programs}/", "tool"),
            folder=MODULES / self.module,
            CGO_ENABLED="1" if self.c_code else "0",
        )
        for old, new in self.renamed.items():
            (programs / old).rename(programs / new)


@cache
def _go_is_new_enough() -> bool:
    """Go fetches the exact toolchain that a go.mod names by itself since 1.21."""
    if not shutil.which("go"):
        return False
    said = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=False)
    numbers = re.match(r"go(\d+)\.(\d+)", said.stdout)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) >= (1, 21)


def _pairs(headers: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(headers), tuple(headers.values())


def _header(path: str, package: str) -> Prerequisite:
    return Prerequisite(
        what=f"the C header {path}",
        package=package,
        present=(Path("/usr/include") / path).exists,
    )


GO = Prerequisite(what="Go 1.21 or newer (https://go.dev/dl)", present=_go_is_new_enough)
C_COMPILER = Prerequisite(
    what="a C compiler", package="gcc", present=lambda: bool(shutil.which("gcc"))
)
