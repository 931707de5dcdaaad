"""What `pgtwin doctor` says of the copies in another account."""

import re
from collections.abc import Iterator
from typing import Any, Literal

from pgtwin.commands.desk import Desk
from pgtwin.commands.finding import Finding, right
from pgtwin.errors import SiteError
from topology.names import PHYSICAL_PREFIXES
from topology.site import SITES, SiteName
from topology.third_copy import ThirdCopy

_INFO = re.compile(r"[^/]+/[^/]+/base/(?P<id>\d{8}T\d{6})/backup\.info", re.ASCII)
_PAGE = "read: docs/security.md"
_Told = tuple[Literal["missing", "unknown"], str, str]
"""A verdict, why, and what to run."""
_VERDICTS: dict[str, _Told] = {
    "FAILED": ("missing", "S3 could not copy it", _PAGE),
    "PENDING": ("unknown", "S3 has not copied it yet", "run: pgtwin doctor"),
}
"""By the status that S3 gives an object (S3 user guide, "Getting replication status
information"); what is older than the rule has none."""


def third_copies(desk: Desk) -> Iterator[Finding]:
    """One finding for each site whose backups are to be copied."""
    for site in SITES:
        copy = desk.topology.site(site).third_copy
        if copy is None:
            continue
        try:
            newest, status = _newest(desk, site)
        except SiteError as error:
            yield Finding(what=_what(site), verdict="unknown", found=str(error), remedy="try again")
            continue
        yield judged(site, copy, account=desk.account, newest=newest, status=status)


def judged(
    site: SiteName, copy: ThirdCopy, *, account: str, newest: str | None, status: str | None
) -> Finding:
    """What the copy of the newest base backup says of all: pure."""
    what = _what(site)
    if copy.account == account:
        return Finding(
            what=what,
            verdict="missing",
            found="it lies in the account of the system, whose administrator can delete it too",
            remedy=f"set `{site}.third_copy` to a bucket and a key of another account",
        )
    if newest is None:
        return Finding(
            what=what,
            verdict="unknown",
            found="there is no base backup yet",
            remedy="run: pgtwin doctor",
        )
    if status == "COMPLETED":
        return right(what, f"base backup {newest} is in account {copy.account}")
    older = "it was written before S3 was told to copy"
    untold: _Told = ("missing", older, f"run: pgtwin backup now --site {site}")
    verdict, why, remedy = _VERDICTS.get(status or "", untold)
    found = f"base backup {newest} is not in account {copy.account}: {why}"
    return Finding(what=what, verdict=verdict, found=found, remedy=remedy)


def _what(site: SiteName) -> str:
    return f"third copy of {site}"


def _newest(desk: Desk, site: SiteName) -> tuple[str | None, str | None]:
    """The newest base backup of a site, and how far S3 is with its copy."""
    keys = desk.buckets.keys(site, f"{PHYSICAL_PREFIXES[site]}/")
    found = {match["id"]: key for key in keys if (match := _INFO.fullmatch(key))}
    if not found:
        return None, None
    newest = max(found)
    bucket = desk.buckets.names()[site]

    def look(s3: Any) -> str | None:
        status: str | None = s3.head_object(Bucket=bucket, Key=found[newest]).get(
            "ReplicationStatus"
        )
        return status

    return newest, desk.clients[site].ask("s3", f"read {found[newest]} of {site}", look)
