"""Moments as Kubernetes writes them."""

from datetime import UTC, datetime


def written(moment: datetime) -> str:
    """In UTC, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def now() -> str:
    """This one."""
    return written(datetime.now(UTC))
