"""A dump into a new database, with PostgreSQL's own tools.

What always holds: the database is created here; one that exists is never touched.
"""

import shutil
import subprocess
from pathlib import Path

from pgtwin.errors import SiteFailed, SiteRefused


def restore_dump(folder: Path, database: str, jobs: int) -> None:
    """Restore the dump in `folder`.

    Raises:
        SiteRefused: where a tool is missing or the database exists; nothing was changed.
        SiteFailed: when the restore ended early; the new database is left to look at.
    """
    for tool in ("createdb", "pg_restore"):
        if shutil.which(tool) is None:
            raise SiteRefused(f"{tool} is not on PATH; install the PostgreSQL client first")
    created = _run("createdb", database)
    if created.returncode:
        raise SiteRefused(f"{created.stderr.strip()}; nothing was changed")
    restored = _run(
        "pg_restore",
        f"--dbname={database}",
        f"--jobs={jobs}",
        "--no-owner",
        "--exit-on-error",
        str(folder),
    )
    if restored.returncode:
        raise SiteFailed(
            f"pg_restore: {restored.stderr.strip()}; look at {database}, then: dropdb {database}"
        )


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)
