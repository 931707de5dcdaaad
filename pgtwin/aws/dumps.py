"""The dumps in a bucket."""

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pgtwin.aws.buckets import Buckets
from pgtwin.errors import SiteFailed, SiteRefused
from topology.names import DUMPS_PREFIX
from topology.site import SiteName

COMPLETE = "COMPLETE"
CHECKSUMS = "SHA256SUMS"


@dataclass(frozen=True, kw_only=True)
class Dumps:
    """Every dump of one database in one site's bucket."""

    buckets: Buckets
    site: SiteName
    database: str

    def complete(self) -> tuple[str, ...]:
        """The ids of the dumps that are whole, oldest first."""
        found = (PurePosixPath(key) for key in self.buckets.keys(self.site, self._prefix))
        return tuple(sorted(key.parent.name for key in found if key.name == COMPLETE))

    def fetch(self, dump: str, into: Path) -> tuple[str, ...]:
        """Download a dump and check every file against its checksum; the files' names.

        Raises:
            SiteRefused: where there is no such dump, or it is not whole.
            SiteFailed: where a file is missing, damaged or unknown to the checksums.
        """
        if dump not in self.complete():
            raise SiteRefused(f"no complete dump {dump} in {self.site}'s bucket: pgtwin dump list")
        prefix = f"{self._prefix}{dump}/"
        names = [key.removeprefix(prefix) for key in self.buckets.keys(self.site, prefix)]
        into.mkdir(parents=True, exist_ok=True)
        for name in names:
            target = into / name
            target.parent.mkdir(parents=True, exist_ok=True)
            self.buckets.download(self.site, prefix + name, target)
        return self._check(dump, into, set(names) - {COMPLETE, CHECKSUMS})

    @property
    def _prefix(self) -> str:
        return f"{DUMPS_PREFIX}/{self.database}/"

    def _check(self, dump: str, folder: Path, names: set[str]) -> tuple[str, ...]:
        sums = {}
        for line in (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines():
            digest, _, name = line.partition("  ")
            sums[name.removeprefix("./")] = digest
        if set(sums) != names:
            raise SiteFailed(
                f"dump {dump} in {self.site}'s bucket: {', '.join(sorted(set(sums) ^ names))} "
                "is on one side of SHA256SUMS only; take the dump from the other bucket"
            )
        for name, digest in sums.items():
            with (folder / name).open("rb") as file:
                actual = hashlib.file_digest(file, "sha256").hexdigest()
            if actual != digest:
                raise SiteFailed(
                    f"dump {dump} in {self.site}'s bucket: {name} is damaged; "
                    "take the dump from the other bucket"
                )
        return tuple(sorted(names))
