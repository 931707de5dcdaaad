"""`verify`: whether this site's backups can be used; the evidence goes into its bucket.

The newest base backup and the newest dump are restored into a throw-away cluster beside the live
one, looked at and compared, and the cluster is deleted. What is deleted, and what never is, is said
in `host/verification/throw_away.py`.
"""

import argparse
from datetime import timedelta
from typing import Any

from host.errors import Failed
from host.evidence.evidence_store import EvidenceStore
from host.kubernetes import site_cluster
from host.machine.lock import lock
from host.machine.machine import Machine
from host.site import Site
from host.verification.choice import choose
from host.verification.dump_restore import find_template
from host.verification.room import refuse_without_room
from host.verification.throw_away import ThrowAway
from host.verification.verification import Verification

_WEEK = timedelta(days=6, hours=12)
"""Half a day short of a week, so that a daily look does not drift from one weekday to the next."""

_SHOWN, _LONGEST = 20, 100


def run(machine: Machine, arguments: argparse.Namespace) -> dict[str, Any]:
    """Verify; with `--weekly` only where none that passed is younger than a week."""
    return verify(Site.current(machine), weekly=arguments.weekly)


def verify(site: Site, *, weekly: bool = False) -> dict[str, Any]:
    """Verify, and say what was found.

    Raises:
        Refused: where there is nothing to verify yet, no room, or another run; nothing was changed.
        Failed: when a check did not pass; the evidence says which.
    """
    store = EvidenceStore.of(site)
    newest = store.newest_passed()
    if weekly and newest and site.machine.clock.now() - newest < _WEEK:
        return {"verified": newest.strftime("%Y-%m-%dT%H:%M:%SZ"), "evidence": None}
    with lock(site.machine.files, "verify"):
        verification = _verification(site)
        evidence = verification.run()
    key = store.put(evidence, at=verification.began, passed=verification.passed)
    if not verification.passed:
        why = "; ".join(
            f"{check['check']}, {check['verdict']}: {check['result']}"
            for check in verification.checks
            if not check["passed"]
        )
        raise Failed(
            f"{why}; written to s3://{store.bucket}/{key} - read: docs/runbooks/evidence-age.md"
        )
    return {
        "verified": evidence["at"],
        "evidence": key,
        "checks": verification.checks,
        # By kind, or the first few: Session Manager hands back 24,000 characters. The evidence has
        # the names.
        "not_compared": sorted(evidence["not_compared"]),
        "not_in_the_dump": sorted(evidence["not_in_the_dump"]),
        "not_restored": _first(evidence["not_restored"]),
    }


def _first(entries: list[str]) -> list[str]:
    more = len(entries) - _SHOWN
    rest = [f"and {more} more"] if more > 0 else []
    return [each[:_LONGEST] for each in entries[:_SHOWN]] + rest


def _verification(site: Site) -> Verification:
    live = site_cluster.require(site.kubectl, site.document)
    node = site.machine.imds.tag("pgtwin:node")
    template = find_template(site)
    choice = choose(site, live.server_name)
    ThrowAway(site, node).clear()
    refuse_without_room(site, live)
    return Verification(site, live=live, choice=choice, machine=node, template=template)
