"""A data volume as the machine sees it."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Disk:
    """What blkid would find, and the files of its filesystem."""

    folder: Path
    signature: dict[str, str] = field(default_factory=dict)
    zero: bool = True
    """Whether its first MiB is zero."""
    formatted: int = 0
    """How often a filesystem was made on it."""
