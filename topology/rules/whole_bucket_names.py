"""Buckets that are called by their whole names: of copies, and of issuers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.refused import Problem

if TYPE_CHECKING:
    from topology.topology import Topology


def third_copies(topology: "Topology") -> Iterator[Problem]:
    """Both sites have every dump under the same key: in one bucket each would write over it."""
    primary, dr = topology.primary.third_copy, topology.dr.third_copy
    if primary and dr and primary.bucket == dr.bucket:
        yield Problem(
            fields=("primary.third_copy.bucket", "dr.third_copy.bucket"),
            allowed=f"two different values, not {dr.bucket!r} twice",
        )


def issuers(topology: "Topology") -> Iterator[Problem]:
    """A name of its own for each, and none of the copies' buckets."""
    sites = [(f"{name}.issuer_bucket", site.issuer_bucket) for name, site in topology.sites()]
    copies = [
        (f"{name}.third_copy.bucket", site.third_copy and site.third_copy.bucket)
        for name, site in topology.sites()
    ]
    for number, (field, bucket) in enumerate(sites):
        for other, taken in (*sites[:number], *copies):
            if bucket and bucket == taken:
                yield Problem(
                    fields=(other, field), allowed=f"two different values, not {bucket!r} twice"
                )
