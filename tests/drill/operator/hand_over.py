"""A planned change of the writer between two sites of the embedded operator, by patches alone."""

from typing import Any

from drill.waiting import wait_for


def hand_over(giver: Any, taker: Any) -> None:
    """Demote the one, promote the other by its token, and take the token back."""
    giver.patch_replica(primary=taker.cluster, source=taker.cluster, promotionToken=None)
    wait_for(lambda: "demotionToken" in giver.status(), 60, "the demotion token")
    token = giver.status()["demotionToken"]
    taker.patch_replica(primary=taker.cluster, source=giver.cluster, promotionToken=token)
    wait_for(lambda: taker.status().get("lastPromotionToken") == token, 60, "the promotion")
    taker.patch_replica(promotionToken=None)
    taker.wait_until_healthy()
