"""Files below a root folder: `/` on a machine, a scratch folder in tests and in the drill."""

import hashlib
import os
import shutil
from pathlib import Path


class RootedFiles:
    """Writes are atomic and durable: temporary file, fsync, rename, fsync of the folder."""

    def __init__(self, root: str = "/") -> None:
        self._root = Path(root)

    def path(self, path: str) -> Path:
        """Where `path` lies on this computer."""
        return self._root / path.lstrip("/")

    def exists(self, path: str) -> bool:
        """Whether anything is at `path`."""
        return self.path(path).exists()

    def read(self, path: str) -> bytes:
        """The content."""
        return self.path(path).read_bytes()

    def sha256(self, path: str) -> str:
        """The hash of a file of any size."""
        where = self.path(path)
        if not where.is_file():
            return ""
        with where.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def names(self, folder: str) -> tuple[str, ...]:
        """The sorted names in a folder."""
        where = self.path(folder)
        return tuple(sorted(os.listdir(where))) if where.is_dir() else ()

    def write(self, path: str, content: bytes, *, mode: int = 0o644) -> None:
        """Replace the file as a whole."""
        target = self.path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.parent / f".{target.name}.new"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, target)
        self._settle(target.parent)

    def link(self, path: str, target: str) -> None:
        """Point a symbolic link somewhere else in one step."""
        link = self.path(path)
        link.parent.mkdir(parents=True, exist_ok=True)
        temporary = link.parent / f".{link.name}.new"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target)
        os.replace(temporary, link)
        self._settle(link.parent)

    def permit(self, path: str, mode: int) -> None:
        """Change a file's mode."""
        self.path(path).chmod(mode)

    def folder(self, path: str, *, mode: int = 0o755) -> None:
        """Make a folder and those above it."""
        self.path(path).mkdir(parents=True, exist_ok=True, mode=mode)

    def rename(self, old: str, new: str) -> None:
        """Move a file or folder."""
        target = self.path(new)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(self.path(old), target)
        self._settle(target.parent)

    def remove(self, path: str) -> None:
        """Remove a file or a whole folder."""
        where = self.path(path)
        if where.is_dir() and not where.is_symlink():
            shutil.rmtree(where)
        else:
            where.unlink(missing_ok=True)

    def _settle(self, folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
