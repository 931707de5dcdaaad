"""Which moments an archive can be restored to, as far as its base backups tell."""

from dataclasses import dataclass
from datetime import datetime

from host.archive import Archive, BaseBackup


@dataclass(frozen=True, kw_only=True)
class Restorable:
    """The oldest and the newest finished base backup of an archive."""

    oldest: BaseBackup
    newest: BaseBackup

    @classmethod
    def of(cls, archive: Archive) -> "Restorable | None":
        """Look; None where there is no finished base backup."""
        backups = tuple(archive.base_backups())
        return cls(oldest=backups[-1], newest=backups[0]) if backups else None

    def covers(self, moment: datetime) -> bool:
        """Whether a base backup ended before that moment."""
        return self.oldest.ended <= moment
