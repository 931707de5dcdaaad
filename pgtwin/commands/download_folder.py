"""Where a dump is downloaded to, and what killed runs have left there."""

import glob
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pgtwin.commands.desk import Desk
from pgtwin.errors import SiteRefused

_PREFIX = "pgtwin-dump-"


def name_left_behind(desk: Desk, folder: Path, prefix: str, *, own: Path | None = None) -> None:
    """Say what is there under a name that only a run which goes on, or was killed, has."""
    for found in sorted(folder.glob(f"{glob.escape(prefix)}*")):
        if found != own:
            desk.say(f"{found} is of another run; if none is under way, delete it")


@contextmanager
def temporary_folder(desk: Desk) -> Iterator[Path]:
    """One that is gone at the end.

    Raises:
        SiteRefused: where none can be made.
    """
    try:
        made = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
    except OSError as error:
        raise SiteRefused(
            f"no folder for the download: {error.strerror}; nothing was changed - set TMPDIR to a "
            "folder with room for the dump"
        ) from error
    with made as name:
        folder = Path(name)
        name_left_behind(desk, folder.parent, _PREFIX, own=folder)
        yield folder
