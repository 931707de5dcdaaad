"""What a verification found: one JSON document, kept in both buckets.

A restored cluster is left for its checks and has to be deleted by name: no command of pgtwin
deletes a cluster that it was not asked to delete.
"""

import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pgtwin.aws.base_backups import base_backups
from pgtwin.aws.dumps import Dumps
from pgtwin.commands.desk import Desk
from pgtwin.errors import SiteFailed, SiteRefused, SiteUnreachable
from topology.names import EVIDENCE_PREFIX
from topology.site import SITES, SiteName

PLAN = (
    {
        "step": "check the newest dump of each bucket",
        "changes": "a temporary folder here",
        "undo": "deleted at the end",
    },
    {
        "step": "restore each archive",
        "changes": "a new cluster verify-<time> on each site",
        "undo": "kubectl --namespace postgres delete cluster verify-<time>",
    },
    {
        "step": "write the evidence",
        "changes": f"{EVIDENCE_PREFIX}/<time>.json in both buckets",
        "undo": "nothing to undo",
    },
)
Check = tuple[SiteName, str, Callable[[], str]]


def gather(desk: Desk, *, restore: bool) -> dict[str, Any]:
    """Run the checks and store what they found."""
    now = datetime.now(UTC)
    checks: list[Check] = []
    for site in SITES:
        checks.append((site, "newest dump", partial(_dump, desk, site)))
        checks.append((site, "newest base backup", partial(_base_backup, desk, site)))
        if restore:
            checks.append((site, "restore", partial(_restore, desk, site, now)))
    found = [_answer(desk, *check) for check in checks]
    evidence = {
        "at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "passed": all(each["passed"] for each in found),
        "checks": found,
    }
    _store(desk, f"{EVIDENCE_PREFIX}/{now:%Y%m%dT%H%M%SZ}.json", evidence)
    return evidence


def _answer(desk: Desk, site: SiteName, check: str, run: Callable[[], str]) -> dict[str, Any]:
    desk.say(f"{site}: {check}")
    try:
        return {"site": site, "check": check, "passed": True, "result": run()}
    except (SiteFailed, SiteRefused, SiteUnreachable) as error:
        return {"site": site, "check": check, "passed": False, "result": str(error)}


def _dump(desk: Desk, site: SiteName) -> str:
    dumps = Dumps(buckets=desk.buckets, site=site, database=desk.topology.database.name)
    complete = dumps.complete()
    if not complete:
        raise SiteFailed("there is no complete dump; take one with pgtwin dump now")
    with tempfile.TemporaryDirectory(prefix="pgtwin-verify-") as folder:
        files = dumps.fetch(complete[-1], Path(folder) / "dump")
    return f"{complete[-1]}: {len(files)} files, every checksum right"


def _base_backup(desk: Desk, site: SiteName) -> str:
    found = base_backups(desk.buckets, site)
    if not found:
        raise SiteFailed("there is no finished base backup; take one with pgtwin backup now")
    return f"{found[-1]['id']} of {found[-1]['server_name']}, ended {found[-1]['ended']}"


def _restore(desk: Desk, site: SiteName, now: datetime) -> str:
    # A segment may take as long as this to reach the archive; a later target would not be found.
    slack = timedelta(seconds=2 * desk.topology.database.archive_timeout_seconds)
    at = (now - slack).strftime("%Y-%m-%dT%H:%M:%SZ")
    into = f"verify-{now:%Y%m%d%H%M%S}"
    desk.sites[site].restore(at=at, into=into, source=site)
    return (
        f"cluster {into} as of {at}; delete it: kubectl --namespace postgres delete cluster {into}"
    )


def _store(desk: Desk, key: str, evidence: dict[str, Any]) -> None:
    for site in SITES:
        try:
            desk.buckets.put(site, key, json.dumps(evidence, indent=2).encode())
        except (SiteFailed, SiteRefused, SiteUnreachable) as error:
            desk.say(f"the evidence is not in {site}'s bucket: {error}")
