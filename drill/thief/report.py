"""What came of the attempts, as JSON and as the table of docs/security.md."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from drill.thief.attempt import Attempt, Result
from drill.thief.holders import Holders
from drill.thief.ways import through, ways
from topology.site import SITES, SiteName

NOT_SHOWN = (
    "Not shown: what S3 and EBS ask of KMS, the metadata service, networks, Kubernetes' own "
    "rights, and whoever administers the account."
)


def document(results: Sequence[Result]) -> dict[str, object]:
    """What build/thief.json holds."""
    return {
        "attempts": [result.document() for result in results],
        "wrong": sum(result.wrong for result in results),
        "not_shown": NOT_SHOWN,
    }


def table(attempts: Iterable[Attempt], holders: Holders) -> str:
    """Who can do what on each site, as Markdown; whoever is not named is refused."""
    rows: dict[str, dict[SiteName, str]] = defaultdict(dict)
    for attempt in attempts:
        cells = f"{_names(attempt.may) or 'nobody'} | {_through(attempt.may, holders) or '-'}"
        rows[attempt.what.format(site="the site")][attempt.site] = cells
    head = " | ".join(f"{site} | through them" for site in SITES)
    lines = [f"| attempt | {head} |", f"|{' --- |' * (1 + 2 * len(SITES))}"]
    for what, sites in rows.items():
        lines.append(f"| {what} | {' | '.join(sites[site] for site in SITES)} |")
    return "\n".join(lines)


def _through(may: frozenset[str], holders: Holders) -> str:
    """Who else, as the configuration has it; in brackets who else once the other site writes."""
    known, writer = tuple(ways(holders)), holders.topology.writer
    now = through(may, known, writer)
    later = through(may, known, holders.topology.other(writer)) - now
    return ", ".join(each for each in (_names(now), f"({_names(later)})" if later else "") if each)


def _names(who: frozenset[str]) -> str:
    return ", ".join(sorted(who))


def summary(results: Sequence[Result]) -> str:
    """For the end of a run: what each thief could do, and whatever was not as it has to be."""
    lines = []
    for thief in dict.fromkeys(result.principal for result in results):
        own = [result for result in results if result.principal == thief]
        done = sum(result.outcome == "done" for result in own)
        lines.append(f"{thief:<16} {done:>3} of {len(own)} done, {_left(own)}")
    lines += [
        f"wrong: {each.principal}, {each.attempt}: {each.outcome}, expected {each.expected}"
        f"{f', left: {each.left}' if each.left else ''} {each.detail}".rstrip()
        for each in results
        if each.wrong
    ]
    return "\n".join(lines)


def _left(own: Sequence[Result]) -> str:
    touched = [result for result in own if result.left]
    kept = sum(result.left != "nothing" for result in touched)
    return f"{kept} of {len(touched)} backups that were touched could be restored"
