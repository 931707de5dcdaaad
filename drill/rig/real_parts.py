"""The real parts as the machines use them: programs, network plugins, images, charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_POSTGRES = "image-postgresql-"
_OF_THE_DATABASE = (_POSTGRES, "image-sidecar")
"""The large ones; a server beside agents never runs their pods."""


@dataclass(frozen=True, kw_only=True)
class RealParts:
    """The folders of the built parts, by the part's name."""

    folders: Mapping[str, Path]

    @property
    def path(self) -> Sequence[Path]:
        """Folders of programs, for PATH."""
        tails = ("bin", "sbin", "usr/bin", "usr/sbin")
        found = (folder / tail for folder in self.folders.values() for tail in tails)
        return [each for each in found if each.is_dir()]

    def program(self, name: str) -> Path:
        """A program among the parts, for callers outside the machines.

        Raises:
            FileNotFoundError: when no part has it.
        """
        for folder in self.path:
            if (folder / name).exists():
                return folder / name
        raise FileNotFoundError(f"no part of the rig has the program {name}")

    @property
    def cni(self) -> Path:
        """The folder of the network plugins."""
        return self.folders["cni"] / "bin"

    @property
    def k3s_kinds(self) -> Path:
        """The folder of the definitions of the kinds that k3s makes at its start."""
        return self.folders["k3s-api-definitions"] / "definitions"

    @property
    def chart_repository(self) -> Path:
        """The folder of the charts' repositories."""
        return self.folders["chart-repository"]

    def images(self, *, runs_database: bool, postgres: int) -> Sequence[Path]:
        """Archives of the container images that a machine may need: of PostgreSQL the configured
        major version, and those that it can be upgraded to.
        """
        return sorted(
            archive
            for name, folder in self.folders.items()
            if (archive := folder / "image.tar").exists()
            and (runs_database or not name.startswith(_OF_THE_DATABASE))
            and not (name.startswith(_POSTGRES) and int(name.removeprefix(_POSTGRES)) < postgres)
        )
