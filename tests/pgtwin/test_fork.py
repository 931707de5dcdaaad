"""A replica that is ahead of the writer's history is named, with the command that helps.

That PostgreSQL refuses to follow then, and what the host program reads of it:
`tests/host/decisions/test_host_and_pgtwin_tell_a_fork.py`.
"""

import json
from dataclasses import replace
from typing import Any

import pytest

from drill.failures.deployed import Deployed
from pgtwin import switchover_check, upgrade_check
from pgtwin.fork import forked
from pgtwin.record import Record
from pgtwin.site_state import SiteState
from pgtwin.verdict import verdict
from tests.pgtwin.conftest import Pgtwin
from tests.pgtwin.read_copies import read_everywhere
from topology.site import SiteName

HISTORY = {"2": "0/3000000", "3": "0/5000000"}
RECORD = Record(epoch=1, writer="primary", server_names={"primary": "p", "dr": "d"})


def state(site: SiteName, **fields: Any) -> SiteState:
    writes = site == "primary"
    return SiteState(
        **{
            "site": site,
            "role": "writer" if writes else "replica",
            "accepts_writes": writes,
            "healthy": True,
            "fenced": False,
            "following": not writes,
            "server_name": site,
            "postgres": 17,
            "configured_postgres": 18,
            "timeline": 4,
            "heartbeat_age_seconds": 3.0,
            **fields,
        }
    )


WRITER = state("primary", lsn="0/9000000", history=HISTORY)


@pytest.mark.parametrize(
    ("timeline", "lsn", "said"),
    [
        (
            3,
            "0/5000001",
            "it has replayed 0/5000001 of timeline 3, and primary left it at 0/5000000",
        ),
        (3, "1/0", "left it at 0/5000000"),
        (2, "0/4000000", "left it at 0/3000000"),
    ],
)
def test_a_replica_past_the_place_where_the_writer_left_its_timeline_never_follows_again(
    timeline: int, lsn: str, said: str
) -> None:
    found = forked(WRITER, state("dr", timeline=timeline, lsn=lsn))

    assert said in str(found)
    assert str(found).endswith("run: pgtwin failback --site dr --stay")


def test_a_replica_on_a_timeline_that_is_no_part_of_the_writers_history_never_follows_again() -> (
    None
):
    writer = replace(WRITER, history={"1": "0/2000000", "3": "0/5000000"})

    assert "primary never was on it" in str(
        forked(writer, state("dr", timeline=2, lsn="0/1000000"))
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"timeline": 3, "lsn": "0/5000000"},
        {"timeline": 2, "lsn": "0/2FFFFFF"},
        {"timeline": 4, "lsn": "0/8000000"},
        {"timeline": 5, "lsn": "0/8000000"},
        {"timeline": 1, "lsn": "0/8000000"},
        {"timeline": None, "lsn": "0/8000000"},
        {"timeline": 3, "lsn": None},
        {"timeline": 3, "lsn": "0/8000000", "role": "writer"},
    ],
    ids=str,
)
def test_nothing_is_said_of_a_replica_that_may_follow_or_of_which_too_little_is_known(
    fields: dict[str, Any],
) -> None:
    assert forked(WRITER, state("dr", **fields)) is None


def test_a_switchover_does_not_begin_where_it_is_unknown_whether_the_replica_can_follow() -> None:
    silent, behind = replace(WRITER, history=None), state("dr", timeline=3, lsn="0/8000000")

    said = switchover_check.why_not(RECORD, old=silent, new=behind)

    assert said == (
        "it is unknown whether dr can follow primary, which left timeline 3 and does not say where "
        "- repeat: pgtwin switchover --to dr"
    )
    same = state("dr", timeline=4, lsn="0/8000000")
    assert switchover_check.why_not(RECORD, old=silent, new=same) is None
    first = replace(WRITER, timeline=1, history=None)
    assert switchover_check.why_not(RECORD, old=first, new=replace(same, timeline=1)) is None


@pytest.mark.parametrize("history", [None, {}])
def test_nothing_is_said_of_a_writer_whose_history_is_not_known(
    history: dict[str, str] | None,
) -> None:
    ahead = state("dr", timeline=3, lsn="0/8000000")

    assert forked(replace(WRITER, history=history), ahead) is None
    assert forked(None, ahead) is None
    assert forked(WRITER, None) is None


AHEAD = state("dr", timeline=3, lsn="0/6000000")


def test_no_failover_is_called_ready_and_no_switchover_or_upgrade_begins() -> None:
    line = verdict({"primary": WRITER, "dr": AHEAD}, read_everywhere(None), "primary")
    no_switchover = switchover_check.why_not(RECORD, old=WRITER, new=AHEAD)
    no_upgrade = upgrade_check.why_not(
        RECORD, writer=replace(WRITER, configured_postgres=18), replica=AHEAD, to=18
    )

    assert not line.good
    for said in (line.text, no_switchover, no_upgrade):
        assert "pgtwin failback --site dr --stay" in str(said)
    level = replace(AHEAD, lsn="0/5000000")
    assert verdict({"primary": WRITER, "dr": level}, read_everywhere(None), "primary").good
    assert switchover_check.why_not(RECORD, old=WRITER, new=level) is None


def test_the_failback_that_is_named_clones_it_each_time_though_its_heartbeat_is_young(
    deployed: Deployed, pgtwin: Pgtwin
) -> None:
    """The second time it is a clone itself, which would be waited for while it is under way."""
    word = deployed.topology.dr.cluster
    deployed.set_state("primary", timeline=4, history=HISTORY, lsn="0/9000000")
    deployed.set_state("dr", timeline=3, lsn="0/6000000")

    told = json.loads(pgtwin("status", "--json").stdout)
    done = pgtwin("failback", "--site", "dr", "--stay", "--yes-delete", word)
    first = deployed.state("dr")["server_name"]
    deployed.set_state("dr", timeline=3, lsn="0/6000000")
    again = pgtwin("failback", "--site", "dr", "--stay", "--yes-delete", word)

    assert not told["good"]
    assert told["rpo"]["bounded_by"] == "nothing"
    assert not told["sites"]["dr"]["state"]["following"]
    assert done.returncode == again.returncode == 0, done.stderr + again.stderr
    assert (first, deployed.state("dr")["server_name"]) == (f"{word}-g2", f"{word}-g3")
