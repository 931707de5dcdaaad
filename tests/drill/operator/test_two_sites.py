"""Both sites on real PostgreSQL: following, failing over, handing over and back."""

from dataclasses import replace
from typing import Any

import psycopg
import pytest

from drill.operator.promotion_token import PromotionToken, TokenRefused
from drill.operator.role_change import token_allows
from drill.waiting import wait_for
from tests.drill.operator.hand_over import hand_over

pytestmark = pytest.mark.slow
UNRECOVERABLE = "Cluster is unrecoverable and needs manual intervention"


@pytest.mark.parametrize("own_archive", [False, True])
def test_the_dr_site_follows_and_takes_over_when_the_primary_region_is_lost(
    twin: Any, own_archive: bool
) -> None:
    primary, dr = twin["primary"], twin["dr"]
    primary.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    wait_for(lambda: dr.value("SELECT count(*) FROM kept") == 1000, 30, "the rows in DR")

    primary.operator.kill()
    # As the host program does it where the lost region's bucket does not answer.
    dr.patch_replica(primary=dr.cluster, source=(dr if own_archive else primary).cluster)

    wait_for(lambda: dr.value("SELECT pg_is_in_recovery()") is False, 30, "the promotion")
    # Without a token the phase is still healthy until the restart that comes now.
    wait_for(lambda: dr.value("SHOW archive_mode") == "on", 60, "the restart as a writer")
    dr.wait_until_healthy()
    assert dr.value("SELECT count(*) FROM kept") == 1000
    assert dr.status()["timelineID"] == 2
    _log_in(dr, user="app_user", password="of app_user")


def test_a_handover_loses_nothing_and_goes_back_without_a_clone(twin: Any) -> None:
    primary, dr = twin["primary"], twin["dr"]
    primary.execute("CREATE TABLE kept AS SELECT generate_series(1, 10) AS n")

    _hand_over(primary, dr)

    assert dr.value("SELECT count(*) FROM kept") == 10
    dr.execute("INSERT INTO kept VALUES (11)")
    wait_for(lambda: primary.value("SELECT count(*) FROM kept") == 11, 60, "the way back")

    _hand_over(dr, primary)

    assert primary.value("SELECT count(*) FROM kept") == 11
    assert primary.status()["timelineID"] == 3
    primary.execute("INSERT INTO kept VALUES (12)")
    wait_for(lambda: dr.value("SELECT count(*) FROM kept") == 12, 60, "DR on the newest timeline")


def test_refuses_a_token_of_another_place_in_the_history(twin: Any) -> None:
    primary, dr = twin["primary"], twin["dr"]
    primary.patch_replica(primary=dr.cluster, source=dr.cluster)
    wait_for(lambda: "demotionToken" in primary.status(), 60, "the token")
    token = PromotionToken.decode(primary.status()["demotionToken"])

    forged = replace(token, system_identifier="7000000000000000001")
    dr.patch_replica(primary=dr.cluster, promotionToken=forged.encode())
    wait_for(lambda: dr.status()["phase"] == UNRECOVERABLE, 30, "the refusal of a forged token")
    assert dr.value("SELECT pg_is_in_recovery()") is True

    stale = replace(token, redo_location="0/1000028")
    dr.patch_replica(promotionToken=stale.encode())
    with pytest.raises(TokenRefused, match="past it"):
        token_allows(stale.encode(), dr.operator.controller(dr.cluster).primary)
    assert dr.value("SELECT pg_is_in_recovery()") is True

    dr.patch_replica(promotionToken=token.encode())
    wait_for(lambda: dr.value("SELECT pg_is_in_recovery()") is False, 60, "the true token")


def _hand_over(giver: Any, taker: Any) -> None:
    hand_over(giver, taker)
    giver.wait_until_healthy()
    # Since PostgreSQL 15 the checkpointer of a restarted server sleeps through archive_timeout
    # until something wakes it. The first base backup after a promotion does, on the real site.
    taker.execute("CHECKPOINT")


def _log_in(site: Any, *, user: str, password: str) -> None:
    port = site.operator.controller(site.cluster).primary.port
    with psycopg.connect(
        host="127.0.0.1", port=port, user=user, password=password, dbname="app_db"
    ) as connection:
        connection.execute("CREATE TABLE written_in_dr (n integer)")
