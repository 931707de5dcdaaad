"""Files that a Go module ships beside its source, such as the manifests of a release."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drill.rig.parts.go_module import GO, MODULES, source
from drill.rig.parts.part import Prerequisite
from drill.rig.parts.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class ModuleFiles:
    """Copies of files of a pinned module, or of whole folders, under names of ours."""

    module: str
    dependency: str
    copies: Mapping[str, str]
    """Path in the module -> path in the part."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The pin: go.sum says what the module's files hash to."""
        return (MODULES / self.module / "go.mod", MODULES / self.module / "go.sum")

    @property
    def prerequisites(self) -> tuple[Prerequisite, ...]:
        """Go fetches and verifies the module."""
        return (GO,)

    def make(self, work: Workspace) -> None:
        """Copy; Go's module cache is read-only and the copies are not."""
        origin = source(self.module, self.dependency)
        for old, new in self.copies.items():
            target = work.into / new
            target.parent.mkdir(parents=True, exist_ok=True)
            if (origin / old).is_dir():
                shutil.copytree(origin / old, target, copy_function=shutil.copyfile)
            else:
                shutil.copyfile(origin / old, target)
