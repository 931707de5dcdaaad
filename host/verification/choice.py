"""What is verified: the newest base backup and the newest dump of this site's bucket.

A dump names the moment that it shows, as a position in the WAL. Where that lies after the end of
the base backup, the archive is restored to exactly that position: then two copies of one moment,
taken in two different ways, can be compared row by row. Otherwise the archive is restored to its
end.
"""

from dataclasses import dataclass, replace

from host.archive.archive import BaseBackup
from host.archive.archives import own_archive
from host.archive.dumps import Dump, DumpSnapshot, complete_dumps, dump_snapshot
from host.errors import Failed, Refused
from host.kubernetes.kubectl import Object
from host.site import Site


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One base backup and one dump."""

    backup: BaseBackup
    server_name: str
    dump: Dump
    snapshot: DumpSnapshot | None
    """The dump's moment; None where it has not written one down."""
    unreadable: Failed | None = None
    """Why the moment that it has written down cannot be read."""

    @property
    def comparable(self) -> DumpSnapshot | None:
        """The dump's moment, where the base backup can be restored to it."""
        return self.snapshot if self.dump.taken > self.backup.ended else None

    @property
    def why_not(self) -> str:
        """Why the rows of the two cannot be compared."""
        if self.snapshot is None:
            return f"the dump {self.dump.dump_id} does not say which moment it shows"
        return f"the dump {self.dump.dump_id} is older than the base backup {self.backup.backup_id}"

    @property
    def target(self) -> Object:
        """CloudNativePG's `recoveryTarget`."""
        from_here: Object = {"backupID": self.backup.backup_id}
        if self.comparable is None:
            return from_here
        return {**from_here, "targetLSN": self.comparable.lsn, "exclusive": True}


def choose(site: Site, server_name: str) -> Choice:
    """The newest of both.

    Raises:
        Refused: where there is not yet one of each.
    """
    document = site.document
    archive = own_archive(site, server_name)
    backup = next(archive.base_backups(), None)
    if backup is None:
        raise Refused(
            f"{archive.url} holds no finished base backup - "
            f"run: pgtwin backup now --site {document.site}"
        )
    s3 = site.machine.aws.client("s3", document.region)
    prefix = f"{document.dumps_prefix}/{document.database.name}/"
    dump = next(complete_dumps(s3, document.bucket, prefix), None)
    if dump is None:
        raise Refused(f"s3://{document.bucket}/{prefix} holds no dump - run: pgtwin dump now")
    chosen = Choice(backup=backup, server_name=server_name, dump=dump, snapshot=None)
    try:
        found = dump_snapshot(s3, document.bucket, f"{prefix}{dump.dump_id}")
    except Failed as failed:
        return replace(chosen, unreadable=failed)
    return replace(chosen, snapshot=found)
