"""What the sites' verifications left in their buckets: one document each, its verdict in its key.

What a bucket says is shown as it is only where it is a moment: it reaches a person's browser.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from pgtwin.aws.buckets import Buckets
from topology.names import EVIDENCE_PREFIX
from topology.site import SiteName

_KEY = re.compile(rf"{EVIDENCE_PREFIX}/(\d{{8}}T\d{{6}}Z)-(passed|failed)\.json", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Verification:
    """One verification of a site's backups."""

    began_at: datetime
    passed: bool


def verifications(buckets: Buckets, site: SiteName) -> tuple[Verification, ...]:
    """All that are kept, the newest first."""
    found = filter(None, map(_verification, buckets.keys(site, f"{EVIDENCE_PREFIX}/")))
    return tuple(sorted(found, key=lambda each: each.began_at, reverse=True))


def _verification(key: str) -> Verification | None:
    named = _KEY.fullmatch(key)
    if named is None:
        return None
    try:
        began = datetime.strptime(named[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Verification(began_at=began, passed=named[2] == "passed")
