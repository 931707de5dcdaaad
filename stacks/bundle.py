"""A site's bundle as the stacks see it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def _written() -> None:
    """Nothing to wait for."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The zip that `stacks/build_bundle.py` writes, and the hash that machines check it against."""

    path: Path
    wait: Callable[[], None] = _written
    """Returns once the zip is complete: stacks are defined while another process writes it."""

    @property
    def file(self) -> Path:
        """The complete zip."""
        self.wait()
        return self.path

    @property
    def sha256(self) -> str:
        """Of the zip, in hexadecimal."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()
