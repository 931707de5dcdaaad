"""What a person should know of the site that would take over, before the word is given: pure."""

from pgtwin.site_state import SiteState


def by_stream(state: SiteState) -> str:
    """How far the stream bears the bound out; nothing where the archive alone was configured."""
    if state.streams:
        return ", as it streams"
    return f", as it streamed until {state.streamed_at}" if state.streamed_at else ""


def is_down(state: SiteState) -> str | None:
    """What is wrong where nobody could look into a replica's PostgreSQL: it may never come up, and
    the old writer would be stopped before that.
    """
    if state.role == "writer" or state.lsn is not None:
        return None
    return f"PostgreSQL of {state.site} does not answer"
