"""New certificates, and a new authority.

What always holds: the next authority is named in one place, Secrets Manager of the primary's
region, which copies it to the other one, and nobody reads it on the way. It signs nothing before
clients had their time, and what the old one signed is believed until it has expired. A third one is
refused meanwhile: of the two that are trusted, none may be forgotten. It is done only where each
site has said that it trusts the next one: the copy in the other region comes later.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pgtwin.commands.desk import Desk
from pgtwin.commands.rotation import refuse_silence
from pgtwin.errors import PlanRefused, SiteUnreachable
from pgtwin.plan import Plan, Step
from pgtwin.run import Run
from topology.site import SITES, SiteName

BYTES = 48
"""384 bits, more than the key that is made from them has."""
COPIED_SECONDS = 300.0
"""Secrets Manager copies a secret to another region within seconds, and promises no time."""
Trusted = dict[SiteName, frozenset[str]]
"""What each site trusted before the next authority was named, by its id."""


def new_leaves(desk: Desk, run: Run, repeat: str) -> Plan:
    """Each site's certificates; a site that is lost gets its own when it comes back."""
    return Plan(
        what="new certificates of both sites",
        steps=tuple(_issue(desk, run, site) for site in SITES),
        repeat=repeat,
    )


def next_authority(desk: Desk, run: Run, overlap_days: int, repeat: str) -> Plan:
    """The next authority, then each site trusts it."""
    signs_from = run.clock.now() + timedelta(days=overlap_days)
    moment = signs_from.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    before: Trusted = {}
    return Plan(
        what=f"next authority, which signs from {moment}",
        steps=(
            Step(
                name="check",
                changes="nothing",
                undo="nothing to undo",
                act=lambda: before.update(_refuse(desk, run)),
            ),
            Step(
                name="next authority",
                changes=f"{desk.topology.names.authority_secret()} in Secrets Manager",
                undo="the version AWSPREVIOUS of the secret, before clients fetched the new one",
                act=lambda: _name_next(desk, signs_from=moment),
            ),
            *(_trust(desk, run, site, before) for site in SITES),
        ),
        repeat=repeat,
    )


def _issue(desk: Desk, run: Run, site: SiteName) -> Step:
    return _certify(run, site, lambda: desk.sites[site].certify(renew=True))


def _trust(desk: Desk, run: Run, site: SiteName, before: Trusted) -> Step:
    def is_trusted() -> bool:
        return bool(_ids(desk.sites[site].certify(renew=False)) - before[site])

    what = f"{site} trusts the next authority"
    return _certify(run, site, lambda: run.wait_until(is_trusted, what, COPIED_SECONDS))


def _certify(run: Run, site: SiteName, certify: Callable[[], object]) -> Step:
    def act() -> None:
        if site not in run.silent:
            try:
                certify()
                return
            except SiteUnreachable as error:
                if site == "dr":
                    raise
                run.tell(f"{site} does not answer: {error}")
        run.left.append(f"certify on {site}")

    return Step(
        name=f"certify on {site}",
        changes=f"the certificates of {site} and what its clients trust",
        undo="nothing to undo: what was trusted before still is",
        act=act,
    )


def _refuse(desk: Desk, run: Run) -> Trusted:
    """What each site trusts now.

    Raises:
        PlanRefused: where a site does not answer, or trusts two authorities already.
    """
    refuse_silence(desk, run)
    now = run.clock.now()
    # Asked of both first: where this run was cut off before, each learns of the next authority now.
    answers = {site: desk.sites[site].certify(renew=False) for site in SITES}
    for site, answer in answers.items():
        until = answer.get("rotating_until")
        if until and datetime.fromisoformat(until) > now:
            raise PlanRefused(
                f"{site} trusts two authorities until {until}, and a third one would make it "
                "forget one; the secret was not changed - repeat after that"
            )
    return {site: _ids(answer) for site, answer in answers.items()}


def _ids(answer: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(map(str, answer.get("trusted", ())))


def _name_next(desk: Desk, *, signs_from: str) -> None:
    value = {"seed": secrets.token_urlsafe(BYTES), "signs_from": signs_from}
    desk.clients["primary"].ask(
        "secretsmanager",
        "name the next authority",
        lambda secrets_manager: secrets_manager.put_secret_value(
            SecretId=desk.topology.names.authority_secret(), SecretString=json.dumps(value)
        ),
    )
