"""The dumps in a bucket.

What always holds: what a bucket says is not trusted. A key becomes a path only when every part of
it is a plain file name, checked for the whole dump before the first byte is written; the dump
appears under its name only after every checksum agreed, readable by its owner alone. What a killed
run has left beside it is named by the next one, and deleted by nobody: another may be under way.
"""

import hashlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pgtwin.aws.buckets import Buckets
from pgtwin.errors import PlanRefused, SiteFailed, SiteRefused
from topology.given import given
from topology.names import DUMPS_PREFIX
from topology.site import SiteName, other_site

COMPLETE = "COMPLETE"
CHECKSUMS = "SHA256SUMS"
_ID = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
"""As charts/dump/dump.sh names a dump."""
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,100}", re.ASCII)
"""The files of a directory dump: toc.dat, <number>.dat.zst, blobs_<number>.toc, and ours."""


@dataclass(frozen=True, kw_only=True)
class Dumps:
    """Every dump of one database in one site's bucket."""

    buckets: Buckets
    site: SiteName
    database: str

    def complete(self) -> tuple[str, ...]:
        """The ids of the dumps that are whole, oldest first."""
        keys = self.buckets.keys(self.site, self._prefix)
        found = (key.removeprefix(self._prefix).partition("/") for key in keys)
        return tuple(sorted(id for id, _, name in found if name == COMPLETE and _ID.fullmatch(id)))

    def fetch(self, dump: str, into: Path) -> tuple[str, ...]:
        """Download a dump into a new folder and check every file; the files' names.

        Raises:
            SiteRefused: where there is no such dump, it is not whole, or `into` exists.
            SiteFailed: where a file is missing, damaged, unknown to the checksums, or has a name
                that no dump gives its files. Nothing is left behind.
        """
        if dump not in self.complete():
            raise SiteRefused(
                f"no complete dump {dump} in {self.site}'s bucket - run: pgtwin dump list"
            )
        refuse_taken(into)
        prefix = f"{self._prefix}{dump}/"
        names = [key.removeprefix(prefix) for key in self.buckets.keys(self.site, prefix)]
        self._refuse_strange_names(dump, names)
        partial = _beside(into)
        try:
            for name in names:
                self.buckets.download(self.site, prefix + name, partial / name)
                (partial / name).chmod(0o600)
            files = self._check(dump, partial, set(names) - {COMPLETE, CHECKSUMS})
            os.rename(partial, into)
        except OSError as error:
            raise SiteFailed(f"dump {dump}: {error}; nothing was kept") from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return files

    @property
    def _from_the_other(self) -> str:
        """Both buckets hold every dump."""
        return f"repeat with --from {other_site(self.site)}"

    @property
    def _prefix(self) -> str:
        return f"{DUMPS_PREFIX}/{self.database}/"

    def _refuse_strange_names(self, dump: str, names: list[str]) -> None:
        strange = sorted(name for name in names if not _FILE.fullmatch(name))
        if strange:
            raise SiteFailed(
                f"dump {dump} in {self.site}'s bucket has unexpected files: "
                f"{', '.join(map(repr, strange[:3]))}. Somebody else wrote there; nothing was "
                f"downloaded - {self._from_the_other}"
            )

    def _check(self, dump: str, folder: Path, names: set[str]) -> tuple[str, ...]:
        sums = {}
        for line in (folder / CHECKSUMS).read_text(encoding="utf-8", errors="replace").splitlines():
            digest, _, name = line.partition("  ")
            sums[name.removeprefix("./")] = digest
        if set(sums) != names:
            raise SiteFailed(
                f"dump {dump} in {self.site}'s bucket: {', '.join(sorted(set(sums) ^ names))} "
                f"is in the bucket or in SHA256SUMS only - {self._from_the_other}"
            )
        for name, digest in sums.items():
            with (folder / name).open("rb") as file:
                actual = hashlib.file_digest(file, "sha256").hexdigest()
            if actual != digest:
                raise SiteFailed(
                    f"dump {dump} in {self.site}'s bucket: {name} is damaged - "
                    f"{self._from_the_other}"
                )
        return tuple(sorted(names))


def refuse_no_id(dump: str) -> None:
    """Say no to what no dump is called, before anybody is asked for it.

    Raises:
        PlanRefused: with how an id is written.
    """
    if not _ID.fullmatch(dump):
        raise PlanRefused(
            f"DUMP: an id such as 20261122T040000Z, as pgtwin dump list has it, not {given(dump)}"
        )


def refuse_taken(into: Path) -> None:
    """Say no to a folder that is there, also as a link that leads nowhere.

    Raises:
        SiteRefused: with what to do.
    """
    if os.path.lexists(into):
        raise SiteRefused(
            f"--to: a folder that does not exist yet, not {into}; nothing was downloaded"
        )


def prefix_beside(into: Path) -> str:
    """How the name of a folder begins that is not whole yet."""
    return f".{into.name}-"


def _beside(into: Path) -> Path:
    """A folder for what is not whole yet, its owner's alone as mkdtemp makes it."""
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=prefix_beside(into), dir=into.parent))
    except OSError as error:
        raise SiteRefused(
            f"--to: {into} cannot be made: {error.strerror}; nothing was downloaded - name another "
            "folder"
        ) from error
