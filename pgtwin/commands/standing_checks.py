"""What `pgtwin doctor` says of a system that stands or stood."""

from collections.abc import Iterator
from typing import Any

from pgtwin.aws.earlier_life import CREATION_FAILED, NONE, EarlierLife
from pgtwin.commands.desk import Desk
from pgtwin.commands.finding import Finding, right
from pgtwin.errors import PlanRefused, SiteError
from pgtwin.failback_check import as_a_replica
from pgtwin.record import Record
from pgtwin.record_copies import RecordCopies
from pgtwin.verdict import RIVALS
from topology.site import SITES, SiteName


def writer_and_alarms(desk: Desk) -> Iterator[Finding]:
    """Whether the configuration agrees with the record, and whether alarms notify anybody."""
    yield _writer(desk)
    for site in SITES:
        try:
            yield _receivers(desk, site)
        except SiteError as error:
            yield _unknown(f"alarms of {site}", error)


def closed_archives(desk: Desk) -> Iterator[Finding]:
    """One finding for each site that a failover denied its archive, and nobody gave it back."""
    for site in SITES:
        if desk.sites[site].archive_is_closed():
            yield Finding(
                what=f"archive of {site}",
                verdict="missing",
                found="closed by a failover: its machines are denied what they archived to then, "
                "and every dump",
                remedy=_opened(desk, site),
            )


def _opened(desk: Desk, site: SiteName) -> str:
    """A replica stays where it is; a writer is only given back what was closed."""
    try:
        writes = desk.writer() == site
    except (SiteError, PlanRefused):
        return "run: pgtwin status"
    return f"run: pgtwin record --writer {site}" if writes else f"run: {as_a_replica(site)}"


def leftovers(desk: Desk) -> Iterator[Finding]:
    """One finding for each thing in the way of a deployment; one that all is free otherwise."""
    account = desk.account
    lives = {
        site: EarlierLife(
            topology=desk.topology, site=site, clients=desk.clients[site], account=account
        )
        for site in SITES
    }
    try:
        standing = {
            site: life.stack_status() not in (*NONE, *CREATION_FAILED)
            for site, life in lives.items()
        }
    except SiteError as error:
        yield _unknown("leftovers", error)
        return
    for site, life in lives.items():
        try:
            found = list(life.leftovers(alone=not any(standing.values())))
        except SiteError as error:
            yield _unknown(f"leftovers of {site}", error)
            continue
        for each in found:
            yield Finding(
                what=f"leftover of {site}",
                verdict="missing",
                found=each.what,
                remedy=each.remedy,
            )
        if not found:
            yield right(f"leftovers of {site}", "none is in the way")


def _writer(desk: Desk) -> Finding:
    configured = desk.topology.writer
    read, errors = dict[SiteName, Record | None](), []
    for site in SITES:
        try:
            read[site] = desk.sites[site].read_record()
        except SiteError as error:
            errors.append(error)
    copies = RecordCopies(read=read)
    newest = copies.newest
    if newest is None and errors:
        return _unknown("writer", errors[0])
    if copies.are_rivals:
        return Finding(what="writer", verdict="missing", found=RIVALS, remedy="run: pgtwin status")
    if newest is None or newest.writer == configured:
        return right("writer", f"{configured}, as the configuration has it")
    return Finding(
        what="writer",
        verdict="missing",
        found=f"the record names {newest.writer} (epoch {newest.epoch}), {desk.config} names "
        f"{configured}",
        remedy=f"set `writer: {newest.writer}` in {desk.config}; to move the writer, "
        f"run: pgtwin switchover --to {configured}",
    )


def _receivers(desk: Desk, site: SiteName) -> Finding:
    what, email = f"alarms of {site}", desk.topology.alarm_email
    region = desk.topology.site(site).region
    topic = f"arn:aws:sns:{region}:{desk.account}:{desk.topology.names.alarm_topic(site)}"

    def look(sns: Any) -> list[dict[str, str]] | None:
        try:
            return list(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"])
        except sns.exceptions.NotFoundException:
            return None

    found = desk.clients[site].ask("sns", f"list the subscriptions of {topic}", look)
    heard = [each["Endpoint"] for each in found or () if each["SubscriptionArn"].startswith("arn:")]
    if heard:
        return right(what, f"notify {', '.join(heard)}")
    if found is None and email:
        return right(what, f"will notify {email}, once the subscription is confirmed")
    waiting = [each["Endpoint"] for each in found or ()]
    return Finding(
        what=what,
        verdict="unknown",
        found="notify nobody",
        remedy=f"confirm the subscription that was mailed to {', '.join(waiting)}"
        if waiting
        else f"set `alarm_email` in {desk.config}, or subscribe to {topic}",
    )


def _unknown(what: str, error: SiteError) -> Finding:
    return Finding(what=what, verdict="unknown", found=str(error), remedy="try again")
