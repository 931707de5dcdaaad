"""What came of the attempts, as JSON and as the table of docs/security.md."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from drill.thief.attempt import Attempt, Result
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


def table(attempts: Iterable[Attempt]) -> str:
    """Who can do what on each site, as Markdown; whoever is not named is refused."""
    rows: dict[str, dict[SiteName, str]] = defaultdict(dict)
    for attempt in attempts:
        who = ", ".join(sorted(attempt.may)) or "nobody"
        rows[attempt.what.format(site="the site")][attempt.site] = who
    lines = [f"| attempt | {' | '.join(SITES)} |", f"|{' --- |' * (1 + len(SITES))}"]
    for what, cells in rows.items():
        lines.append(f"| {what} | {' | '.join(cells[site] for site in SITES)} |")
    return "\n".join(lines)


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
