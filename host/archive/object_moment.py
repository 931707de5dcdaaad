"""When something in a bucket happened, where its own name or text says so.

What always holds: nothing is younger than S3 says. Whoever may write to the bucket chooses names
and texts, but not `LastModified`; a name from the year 9999 must not silence an alarm forever.
"""

import re
from datetime import UTC, datetime, timedelta

FORM = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_SLACK = timedelta(minutes=1)
"""S3 tells whole seconds, and the clock of the machine that wrote may be a little ahead of it."""


def named_moment(name: str) -> datetime | None:
    """What a name such as 20261122T040000Z says; None where it is another name."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return datetime.strptime(name, FORM).replace(tzinfo=UTC)
    except ValueError:
        return None


def written_moment(text: str) -> datetime:
    """What an ISO 8601 text says, in UTC where it names no zone.

    Raises:
        ValueError: where it is none.
    """
    said = datetime.fromisoformat(text)
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def not_after(said: datetime, written: datetime) -> datetime:
    """What an object says, or when S3 wrote it down where that was before."""
    return said if said <= written + _SLACK else written
