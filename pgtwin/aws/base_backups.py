"""The finished base backups of an archive, as barman-cloud wrote them down."""

from pgtwin.aws.buckets import Buckets
from topology.names import PHYSICAL_PREFIXES
from topology.site import SiteName


def base_backups(buckets: Buckets, site: SiteName) -> tuple[dict[str, str], ...]:
    """Id, server name and end of each, oldest first; unfinished ones are left out."""
    found = []
    for key in buckets.keys(site, f"{PHYSICAL_PREFIXES[site]}/"):
        parts = key.split("/")
        if len(parts) != 5 or parts[2] != "base" or parts[4] != "backup.info":  # noqa: PLR2004
            continue
        info = _fields(buckets.read(site, key).decode())
        if info.get("status") == "DONE":
            found.append(
                {"id": parts[3], "server_name": parts[1], "ended": info.get("end_time", "")}
            )
    return tuple(sorted(found, key=lambda each: each["ended"]))


def _fields(text: str) -> dict[str, str]:
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key: value.strip("'") for key, value in pairs}
