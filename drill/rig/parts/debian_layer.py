"""A Debian system with some packages, as one layer of an image.

The archive is Debian's own and moves: a layer holds the versions of the day on which it was built.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from drill.rig.parts.part import Prerequisite, program, root_rights
from drill.rig.parts.workspace import Workspace

LAYER = "layer.tar"
MIRROR = "http://deb.debian.org/debian"
_SCRIPTS = Path("/usr/share/debootstrap/scripts")
_EMPTIED = (
    "dev var/cache/apt var/lib/apt/lists var/log usr/share/doc usr/share/man usr/share/info "
    "usr/share/locale etc/postgresql var/lib/postgresql"
)
"""Folders of caches and documents, and the database that Debian's package makes by itself."""


@dataclass(frozen=True, kw_only=True)
class DebianLayer:
    """`layer.tar` of a suite's smallest system with `packages` and users moved to other ids."""

    suite: str
    packages: tuple[str, ...]
    user_ids: tuple[tuple[str, int], ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """Everything is in the fields."""
        return ()

    @property
    def prerequisites(self) -> tuple[Prerequisite, ...]:
        """debootstrap installs packages in a chroot of its own, which only root may."""
        return (root_rights("debootstrap"), program("debootstrap", package="debootstrap"))

    def make(self, work: Workspace) -> None:
        """Install in a mount namespace of its own, so that no mount outlives an interruption."""
        system = work.into / "system"
        work.run(
            *("unshare", "--mount", "--propagation", "private"),
            *("debootstrap", "--variant=minbase", f"--include={','.join(self.packages)}"),
            *(self.suite, system, MIRROR, self._script()),
        )
        for user, number in self.user_ids:
            work.run("chroot", system, "usermod", "--uid", str(number), user)
        work.run("find", *self._emptied(system), "-mindepth", "1", "-delete", folder=system)
        pack(work, system, work.into / LAYER)
        shutil.rmtree(system)

    def _emptied(self, system: Path) -> list[str]:
        return [name for name in _EMPTIED.split() if (system / name).is_dir()]

    def _script(self) -> Path:
        """The suite's script; a suite newer than the installed debootstrap is made as sid is."""
        script = _SCRIPTS / self.suite
        return script if script.exists() else _SCRIPTS / "sid"


def pack(work: Workspace, folder: Path, layer: Path, *names: str) -> None:
    """Write `names` of a folder, or all of it, as the tar file of a layer.

    Files keep their times: Python recompiles a file, at each start where it cannot write, unless
    it is as old as its compiled form says. That tripled what imports cost each WAL command.
    """
    work.run(
        *("tar", "--create", "--file", layer, "--numeric-owner", "--sort=name"),
        *("--directory", folder),
        *(names or (".",)),
    )
