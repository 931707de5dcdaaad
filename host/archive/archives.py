"""The archives that a site knows, its own and its peer's, and which moments one reaches."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from host.archive.archive import Archive, BaseBackup
from host.site import Site


def own_archive(site: Site, server_name: str) -> Archive:
    """What this site's cluster writes under `server_name`."""
    document = site.document
    return Archive(
        s3=site.machine.aws.client("s3", document.region),
        bucket=document.bucket,
        prefix=document.physical_prefix,
        server_name=server_name,
    )


def peer_archive(site: Site, server_name: str, *, brief: bool = False) -> Archive:
    """What the other site's cluster writes under `server_name`; read only from here.

    With `brief` a bucket that does not answer is given up within seconds.
    """
    peer = site.document.peer
    return Archive(
        s3=site.machine.aws.client("s3", peer.region, brief=brief),
        bucket=peer.bucket,
        prefix=peer.physical_prefix,
        server_name=server_name,
    )


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

    def missing(self, since: datetime) -> timedelta:
        """For how long after `since` there is no base backup from which a restore could begin."""
        return max(self.oldest.written - since, timedelta())

    def covers(self, moment: datetime) -> bool:
        """Whether a base backup ended before that moment."""
        return self.oldest.ended <= moment
