"""Names that S3 accepts and that the two sites do not share."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.names import Names
from topology.refused import Problem

if TYPE_CHECKING:
    from topology.topology import Topology

_ACCOUNT = "0" * 12
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_BUCKET_LENGTH = 63
_RESERVED = ("xn--", "sthree-", "amzn-s3-demo-")
"""Amazon S3 User Guide, "General purpose bucket naming rules". The reserved ends are all of letters
and of `s3`, and our names end with the account id."""


def bucket_names(topology: "Topology") -> Iterator[Problem]:
    names = Names(topology.name)
    suffix = len(names.log_bucket("", _ACCOUNT))
    for name, site in topology.sites():
        longest, shortest = (
            make(site.bucket, _ACCOUNT) for make in (names.log_bucket, names.bucket)
        )
        if not _BUCKET.fullmatch(longest):
            yield Problem(
                fields=(f"{name}.bucket",),
                allowed=f"1 to {_BUCKET_LENGTH - suffix} lower-case letters, digits and hyphens, "
                f"beginning with a letter or digit (S3 refuses {site.bucket!r} once the account id "
                "is added)",
            )
        elif shortest.startswith(_RESERVED):
            yield Problem(
                fields=(f"{name}.bucket",),
                allowed=f"a name that does not begin with {', '.join(_RESERVED)} once -logs or the "
                f"account id is added, which S3 refuses, not {site.bucket!r}",
            )


def no_bucket_twice(topology: "Topology") -> Iterator[Problem]:
    """Each site has a second bucket for its access log; S3 has one namespace for all regions."""
    names = Names(topology.name)
    for name, site in topology.sites():
        other = topology.site(topology.other(name))
        if names.log_bucket(site.bucket, _ACCOUNT) == names.bucket(other.bucket, _ACCOUNT):
            yield Problem(
                fields=(f"{name}.bucket", f"{topology.other(name)}.bucket"),
                allowed=f"a name that is not the other's with -logs behind it: {other.bucket} is "
                f"where the access log of {site.bucket} goes",
            )


def distinct(topology: "Topology") -> Iterator[Problem]:
    for field in ("region", "bucket", "cluster"):
        if getattr(topology.primary, field) == getattr(topology.dr, field):
            yield Problem(
                fields=(f"primary.{field}", f"dr.{field}"),
                allowed=f"two different values, not {getattr(topology.dr, field)!r} twice",
            )
