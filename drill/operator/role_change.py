"""Demotion and promotion of a cluster: the two steps that can lose data.

What always holds:

1. A demoted cluster has shut down cleanly, and everything up to its shutdown checkpoint is in its
   archive, the last segment as `.partial`, before its token can be read by anyone.
2. A token promotes only a standby that has replayed exactly up to the token's checkpoint.
3. Without a token PostgreSQL itself replays every segment that it can still fetch before it ends
   recovery; what cannot be fetched is the loss.

The order of a demotion follows from 1: stop the primary, stop its standbys, archive `.partial`,
publish the token, start as a standby.
"""

from collections.abc import Mapping
from typing import Any

from drill.operator.cluster_spec import ClusterSpec
from drill.operator.instance import Instance
from drill.operator.promotion_token import PromotionToken, as_number

_STATE = "Database cluster state"
_CLEAN = "shut down"
_PROMOTED_SECONDS = 90


def demote(spec: ClusterSpec, primary: Instance, standbys: list[Instance]) -> None:
    """Stop the cluster cleanly and archive its end.

    The instances are left stopped, to be started as standbys.
    """
    primary.stop()
    if primary.control_data()[_STATE] != _CLEAN:
        primary.start()
        primary.stop()
    for standby in standbys:
        standby.stop()
    if spec.own:
        token = PromotionToken.from_control_data(primary.control_data())
        _archive_partial(spec, primary, token.redo_wal_file)
    primary.become_standby()


def token_of(primary: Instance) -> str:
    """The demotion token of a primary that was stopped by `demote`."""
    return PromotionToken.from_control_data(primary.control_data()).encode()


def token_allows(token: str, designated: Instance) -> bool:
    """Whether the standby stands exactly where the token says; False while it is on its way.

    Raises:
        TokenRefused: when it can never stand there.
    """
    wanted = PromotionToken.decode(token)
    replayed = str(designated.value("SELECT pg_last_wal_replay_lsn()") or "0/0")
    control_data = designated.control_data()
    if as_number(replayed) > as_number(wanted.redo_location):
        # A restartpoint at the last checkpoint replayed makes the control file tell where it was.
        designated.query("CHECKPOINT")
        control_data = designated.control_data()
    return wanted.judge(control_data, replayed) == "valid"


def promote(designated: Instance) -> None:
    """End recovery after everything that can still be fetched was replayed.

    Raises:
        TimeoutError: when PostgreSQL does not get there in time; it goes on trying.
    """
    if not designated.value(f"SELECT pg_promote(true, {_PROMOTED_SECONDS})"):
        raise TimeoutError(f"{designated.name} was not promoted within {_PROMOTED_SECONDS} s")


def timeline(control_data: Mapping[str, Any]) -> int:
    """The timeline of a control file."""
    return int(control_data["Latest checkpoint's TimeLineID"])


def _archive_partial(spec: ClusterSpec, primary: Instance, segment: str) -> None:
    assert spec.own is not None  # noqa: S101 (the caller asked)
    partial = primary.pgdata / "pg_wal" / f"{segment}.partial"
    partial.unlink(missing_ok=True)
    partial.hardlink_to(primary.pgdata / "pg_wal" / segment)
    try:
        primary.run([*spec.own.archive_wal(), str(partial)], warm=True)
    finally:
        partial.unlink(missing_ok=True)
