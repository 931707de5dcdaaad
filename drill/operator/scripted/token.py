"""Demotion tokens of a PostgreSQL that does not exist: always at the same place of its timeline."""

from drill.kubernetes.moment import now
from drill.operator.behaviour.seen import Verdict
from drill.operator.promotion_token import PromotionToken, TokenRefused
from drill.operator.scripted.archive import LSN, SYSTEM_ID


def of_timeline(timeline: int) -> str:
    """The token of a cluster that was stopped on a timeline."""
    return PromotionToken(
        timeline=str(timeline),
        redo_wal_file=f"{timeline:08X}0000000000000001",
        system_identifier=SYSTEM_ID,
        redo_location=LSN,
        checkpoint_time=now(),
    ).encode()


def judge(token: str, timeline: int) -> Verdict:
    """A token on a site that has replayed everything, and is on a timeline."""
    try:
        wanted = PromotionToken.decode(token)
        fits = wanted.system_identifier == SYSTEM_ID and int(wanted.timeline) >= timeline
    except (TokenRefused, ValueError, TypeError):
        return "refused"
    return "valid" if fits else "refused"
