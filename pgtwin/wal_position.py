"""Positions in the WAL, as `0/5000028`."""

SEGMENT_BYTES = 16 * 1024 * 1024


def reaches(replayed: str | None, ended_at: str) -> bool:
    """Whether a replica has replayed all segments before that of a shutdown checkpoint.

    The checkpoint is alone in its segment, which is never archived. An unknown position reaches
    nothing.
    """
    if replayed is None:
        return False
    return position(replayed) // SEGMENT_BYTES >= position(ended_at) // SEGMENT_BYTES


def position(lsn: str) -> int:
    """In bytes, from the beginning of all WAL."""
    high, _, low = lsn.partition("/")
    return (int(high, 16) << 32) + int(low, 16)
