"""Whom a thief becomes beside the identity that he stole, without a right in AWS for it: pure.

Nobody plays these here. They follow from what Kubernetes and PostgreSQL are: a server is its site's
administrator, and whoever follows a writer replays byte for byte what is in that one's WAL, system
catalogs included.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from drill.thief.holders import Holders
from topology.site import SITES, SiteName

_IN_KUBERNETES = "a server administers its site's Kubernetes, and so starts what it likes there"
_BY_WAL = "the other site replays what this one archives, and runs its functions as a superuser"


@dataclass(frozen=True, kw_only=True)
class Way:
    """Whoever runs code as one of these is each of those too."""

    these: frozenset[str]
    those: frozenset[str]
    how: str
    writer: SiteName | None = None
    """The site that has to be the writer; None where that does not matter."""


def ways(holders: Holders) -> Iterator[Way]:
    """All that are known."""
    for site in SITES:
        yield Way(these=holders.server(site), those=holders.machines(site), how=_IN_KUBERNETES)
    for site in SITES:
        other = holders.topology.other(site)
        yield Way(
            these=holders.database(site), those=holders.database(other), how=_BY_WAL, writer=site
        )


def through(may: frozenset[str], known: Iterable[Way], writer: SiteName) -> frozenset[str]:
    """Who else can do what these may, while `writer` is the writer."""
    open_now = [way for way in known if way.writer in (None, writer)]
    found = may
    for _ in open_now:  # a chain has each way once at the most
        for way in open_now:
            if way.those & found:
                found |= way.these
    return found - may


def table(holders: Holders) -> str:
    """The ways as Markdown."""
    lines = ["| whoever is | is also | because | while |", "| --- | --- | --- | --- |"]
    for way in ways(holders):
        these, those = (", ".join(sorted(each)) for each in (way.these, way.those - way.these))
        if those:
            lines.append(f"| {these} | {those} | {way.how} | {_while(way)} |")
    return "\n".join(lines)


def _while(way: Way) -> str:
    return f"{way.writer} writes" if way.writer else "always"
