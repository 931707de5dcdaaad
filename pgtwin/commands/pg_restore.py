"""`pg_restore` with chosen entries of one dump, into one database."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pgtwin.commands.client_session import ClientSession
from pgtwin.errors import SiteFailed

_FAILED = re.compile(r"^pg_restore: from TOC entry (\d+);", re.MULTILINE)
"""What `--verbose` says of an entry that failed."""


@dataclass(frozen=True, kw_only=True)
class PgRestore:
    """A dump in a folder of its own, and the database that it goes into."""

    session: ClientSession
    folder: Path
    database: str

    def entries(self) -> list[str]:
        """The lines of its table of contents.

        Raises:
            SiteFailed: where it has none.
        """
        listed = self.session.run("pg_restore", "--list", "--verbose", str(self.folder))
        if listed.returncode:
            raise SiteFailed(f"pg_restore: {listed.stderr.strip()}; nothing was changed")
        return listed.stdout.split("\n")

    def every(self, lines: Iterable[str], *options: str) -> None:
        """Restore all of these, and end at the first that fails.

        Raises:
            SiteFailed: with what pg_restore said.
        """
        ended, said = self._run(lines, "--exit-on-error", *options)
        if ended:
            self._fail(said)

    def each(self, lines: Iterable[str], *options: str) -> set[str]:
        """Restore each of these by itself; the ids of those that failed.

        Raises:
            SiteFailed: where it is unknown which.
        """
        ended, said = self._run(lines, "--verbose", *options)
        failed = set(_FAILED.findall(said))
        if ended and not failed:
            self._fail(said)
        return failed

    def _run(self, lines: Iterable[str], *options: str) -> tuple[int, str]:
        contents = self.folder.with_name(f"{self.folder.name}.list")
        contents.write_text("\n".join(lines), encoding="utf-8", errors="surrogateescape")
        whence, where = f"--use-list={contents}", f"--dbname={self.database}"
        ran = self.session.run("pg_restore", where, whence, *options, str(self.folder))
        contents.unlink()
        return ran.returncode, ran.stderr.strip()

    def _fail(self, said: str) -> None:
        raise SiteFailed(f"pg_restore: {said}")
