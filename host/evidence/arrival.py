"""How the writer's WAL arrives on a replica, and since when it has been here: pure.

What always holds: where the archive alone is configured nothing is said, so that the bound of a
loss is that of the heartbeat. A stream is named only where one is close to the writer now.
"""

from dataclasses import dataclass

from host.postgres.site_look import SiteLook


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Fields of `StateStatus`, where they are explained."""

    arrived_age_seconds: float | None = None
    streams: bool = False
    streamed_at: str | None = None


def arrival(look: SiteLook | None, *, replication: str, streamed_at: str | None) -> Arrival:
    """Judge one look; `streamed_at` is when an earlier one saw the stream."""
    if replication == "archive" or look is None or not look.state.in_recovery:
        return Arrival()
    commit_age = look.state.replayed_commit_age_seconds
    heard = look.stream
    stream = heard if heard and heard.is_close(newest_commit_age_seconds=commit_age) else None
    known = (commit_age, stream.complete_age_seconds if stream else None)
    return Arrival(
        arrived_age_seconds=min((age for age in known if age is not None), default=None),
        streams=stream is not None,
        streamed_at=streamed_at,
    )
