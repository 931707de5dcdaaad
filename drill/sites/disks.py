"""The disks of one machine: what EC2 attached, what is formatted, what is mounted."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from drill.sites.programs import Program, ProgramResult
from drill.sites.volume import Volume

_NOTHING_FOUND = 2


class Disks:
    """Emulates blkid, cmp, mkfs.xfs, mountpoint, xfs_growfs and udevadm over `Volume` folders.

    A mount is a symbolic link from the mount point to the volume's content.
    """

    def __init__(self, *, root: Path, attached: Callable[[], Sequence[Volume]]) -> None:
        self._root = root
        self._attached = attached

    @property
    def programs(self) -> Mapping[str, Program]:
        """By name."""
        return {
            "blkid": self._blkid,
            "cmp": self._cmp,
            "mkfs.xfs": self._mkfs,
            "mountpoint": self._mountpoint,
            "xfs_growfs": self._mountpoint,
            "udevadm": lambda _: ProgramResult(),
        }

    def refresh(self) -> None:
        """Show a device file for each attached volume, as the kernel does."""
        for volume in self._attached():
            device = self._path(volume.device)
            device.parent.mkdir(parents=True, exist_ok=True)
            device.touch()

    def is_mounted(self, path: str) -> bool:
        """Whether a volume is mounted there."""
        return self._path(path).is_symlink()

    def mount_unit(self, text: str) -> ProgramResult:
        """Start a systemd mount unit."""
        pairs = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        uuid, where = pairs["What"].rpartition("/")[2], self._path(pairs["Where"])
        for volume in self._attached():
            if volume.signature.get("UUID") == uuid:
                if not where.is_symlink():
                    where.rmdir()
                    where.symlink_to(volume.content)
                return ProgramResult()
        return ProgramResult(exit_code=1, stderr=f"no device {pairs['What']}\n")

    def _blkid(self, arguments: Sequence[str]) -> ProgramResult:
        volume = self._volume(arguments[-1])
        if volume is None or not volume.signature:
            return ProgramResult(exit_code=_NOTHING_FOUND)
        lines = [f"DEVNAME={arguments[-1]}"]
        lines += [f"{key}={value}" for key, value in volume.signature.items()]
        return ProgramResult(stdout="\n".join(lines) + "\n")

    def _cmp(self, arguments: Sequence[str]) -> ProgramResult:
        volume = next(filter(None, map(self._volume, arguments)), None)
        return ProgramResult(exit_code=0 if volume and not volume.signature else 1)

    def _mkfs(self, arguments: Sequence[str]) -> ProgramResult:
        volume = self._volume(arguments[-1])
        if volume is None:
            return ProgramResult(exit_code=1, stderr=f"{arguments[-1]}: no such device\n")
        if volume.signature:
            told = "mkfs.xfs: appears to contain an existing filesystem\n"
            return ProgramResult(exit_code=1, stderr=told)
        volume.format(type_="xfs", label=arguments[list(arguments).index("-L") + 1])
        return ProgramResult()

    def _mountpoint(self, arguments: Sequence[str]) -> ProgramResult:
        return ProgramResult(exit_code=0 if self.is_mounted(arguments[-1]) else 1)

    def _volume(self, device: str) -> Volume | None:
        return next((each for each in self._attached() if each.device == device), None)

    def _path(self, path: str) -> Path:
        return self._root / path.lstrip("/")
