"""A site's bundle as the stacks see it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The zip that `stacks/build_bundle.py` wrote, and the hash that machines check it against."""

    path: Path

    @property
    def sha256(self) -> str:
        """Of the zip, in hexadecimal."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()
