"""Which moments an archive can be restored to, as far as its base backups tell."""

from dataclasses import dataclass
from datetime import datetime

from host.archive.archive import Archive, BaseBackup


@dataclass(frozen=True, kw_only=True)
class Restorable:
    """The oldest and the newest finished base backup of an archive."""

    oldest: BaseBackup
    newest: BaseBackup

    @classmethod
    def of(cls, archive: Archive) -> "Restorable | None":
        """Look; None where there is no finished base backup."""
        newest = next(archive.base_backups(), None)
        oldest = next(archive.base_backups(newest_first=False), None)
        return cls(oldest=oldest, newest=newest) if oldest and newest else None

    def covers(self, moment: datetime) -> bool:
        """Whether a base backup ended before that moment."""
        return self.oldest.ended <= moment
