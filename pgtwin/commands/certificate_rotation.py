"""New certificates, and a new authority.

What always holds: the next authority is named in one place, Secrets Manager of the primary's
region, which copies it to the other one, and nobody reads it on the way. It signs nothing before
clients had their time, and what the old one signed is believed until it has expired. A third one is
refused meanwhile: of the two that are trusted, none may be forgotten.
"""

import json
import secrets
from datetime import UTC, datetime, timedelta

from pgtwin.commands.desk import Desk
from pgtwin.commands.rotation import refuse_silence
from pgtwin.errors import PlanRefused, SiteUnreachable
from pgtwin.plan import Plan, Step
from pgtwin.run import Run
from topology.site import SITES, SiteName

BYTES = 48
"""384 bits, more than the key that is made from them has."""


def new_leaves(desk: Desk, run: Run, repeat: str) -> Plan:
    """Each site's certificates; a site that is lost gets its own when it comes back."""
    return Plan(
        what="new certificates of both sites",
        steps=tuple(_issue(desk, run, site, renew=True) for site in SITES),
        repeat=repeat,
    )


def next_authority(desk: Desk, run: Run, overlap_days: int, repeat: str) -> Plan:
    """The next authority, then each site trusts it."""
    signs_from = run.clock.now() + timedelta(days=overlap_days)
    moment = signs_from.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Plan(
        what=f"next authority, which signs from {moment}",
        steps=(
            Step(
                name="check",
                changes="nothing",
                undo="nothing to undo",
                act=lambda: _refuse(desk, run),
            ),
            Step(
                name="next authority",
                changes=f"{desk.topology.names.authority_secret()} in Secrets Manager",
                undo="the version AWSPREVIOUS of the secret, before clients fetched the new one",
                act=lambda: _name_next(desk, signs_from=moment),
            ),
            *(_issue(desk, run, site, renew=False) for site in SITES),
        ),
        repeat=repeat,
    )


def _issue(desk: Desk, run: Run, site: SiteName, *, renew: bool) -> Step:
    return Step(
        name=f"certify on {site}",
        changes=f"the certificates of {site} and what its clients trust",
        undo="nothing to undo: what was trusted before still is",
        act=lambda: _certify(desk, run, site, renew=renew),
    )


def _certify(desk: Desk, run: Run, site: SiteName, *, renew: bool) -> None:
    if site not in run.silent:
        try:
            desk.sites[site].certify(renew=renew)
            return
        except SiteUnreachable as error:
            if site == "dr":
                raise
            run.tell(f"{site} does not answer: {error}")
    run.left.append(f"certify on {site}")


def _refuse(desk: Desk, run: Run) -> None:
    refuse_silence(desk, run)
    now = run.clock.now()
    # Asked of both first: where this run was cut off before, each learns of the next authority now.
    ends = {site: desk.sites[site].certify(renew=False).get("rotating_until") for site in SITES}
    for site, until in ends.items():
        if until and datetime.fromisoformat(until) > now:
            raise PlanRefused(
                f"{site} trusts two authorities until {until}, and a third one would make it "
                "forget one; the secret was not changed - repeat after that"
            )


def _name_next(desk: Desk, *, signs_from: str) -> None:
    value = {"seed": secrets.token_urlsafe(BYTES), "signs_from": signs_from}
    desk.clients["primary"].ask(
        "secretsmanager",
        "name the next authority",
        lambda secrets_manager: secrets_manager.put_secret_value(
            SecretId=desk.topology.names.authority_secret(), SecretString=json.dumps(value)
        ),
    )
