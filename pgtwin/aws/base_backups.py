"""The finished base backups of an archive, as barman-cloud wrote them down.

What a bucket says is shown as it is only where it is a moment: it reaches a person's terminal.
"""

import re
from datetime import datetime

from pgtwin.aws.buckets import Buckets
from pgtwin.record import SERVER_NAME
from topology.names import PHYSICAL_PREFIXES
from topology.site import SiteName

_ID = re.compile(r"\d{8}T\d{6}", re.ASCII)


def base_backups(buckets: Buckets, site: SiteName) -> tuple[dict[str, str], ...]:
    """Id, server name and end of each, oldest first; unfinished ones are left out."""
    found = []
    for key in buckets.keys(site, f"{PHYSICAL_PREFIXES[site]}/"):
        parts = key.split("/")
        if len(parts) != 5 or parts[2] != "base" or parts[4] != "backup.info":  # noqa: PLR2004
            continue
        if not SERVER_NAME.fullmatch(parts[1]) or not _ID.fullmatch(parts[3]):
            continue
        info = fields(buckets.read(site, key).decode(errors="replace"))
        if info.get("status") == "DONE" and _is_moment(info.get("end_time", "")):
            found.append({"id": parts[3], "server_name": parts[1], "ended": info["end_time"]})
    return tuple(sorted(found, key=lambda each: each["ended"]))


def fields(text: str) -> dict[str, str]:
    """What a `backup.info` says, by its names."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key: value.strip("'") for key, value in pairs}


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text) is not None
    except ValueError:
        return False
