"""The cache of built parts: one folder per part and key, outside the checkout.

What always holds: a folder under its final name is whole. A part is made in a folder of its own and
renamed when it is complete, so a build that is killed at any point leaves only a `.making` folder,
which the next build of that part removes. A lock per part makes a second build wait for the first
and then find its result. A part of an old recipe goes when nobody has asked for it for two weeks:
checkouts of several versions share the cache, and a rig may run from it.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from drill.rig.parts.part import KEY_DIGITS

CACHE_VARIABLE = "PGTWIN_RIG_CACHE"
UNUSED_SECONDS = 14 * 24 * 3600


def default_folder() -> Path:
    """$PGTWIN_RIG_CACHE, else pgtwin/rig in the user's cache folder."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen).absolute()
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "pgtwin" / "rig"


@dataclass(frozen=True, kw_only=True)
class Cache:
    """Parts that were built on this machine."""

    folder: Path

    def find(self, name: str, key: str) -> Path | None:
        """The folder of a part that is whole, or None where it was not built with this key."""
        place = self._place(name, key)
        if not place.is_dir():
            return None
        os.utime(place)
        return place

    def keep(self, name: str, key: str, make: Callable[[Path], None]) -> Path:
        """The folder of a part, made by `make` unless another build made it meanwhile."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._alone(name):
            if found := self.find(name, key):
                return found
            self._remove_what_nobody_uses(name)
            making = Path(tempfile.mkdtemp(prefix=f".making-{name}-", dir=self.folder))
            try:
                make(making)
                making.chmod(0o755)
                making.rename(self._place(name, key))
            except BaseException:
                shutil.rmtree(making, ignore_errors=True)
                raise
            return self._place(name, key)

    def log(self, name: str) -> Path:
        """The log of the last build of a part, empty."""
        path = self.folder / "log" / f"{name}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        return path

    def clean(self) -> None:
        """Remove every part. Go's own caches are the user's and stay."""
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _remove_what_nobody_uses(self, name: str) -> None:
        """What killed builds of a part left, and what old recipes made long ago."""
        old = time.time() - UNUSED_SECONDS
        keyed = self.folder.glob(f"{name}-{'[0-9a-f]' * KEY_DIGITS}")
        for left in (
            *self.folder.glob(f".making-{name}-*"),
            *(place for place in keyed if place.stat().st_mtime < old),
        ):
            shutil.rmtree(left)

    def _place(self, name: str, key: str) -> Path:
        return self.folder / f"{name}-{key}"

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """Hold the part's lock. The kernel releases it when this process ends, however it ends."""
        with (self.folder / f".lock-{name}").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
