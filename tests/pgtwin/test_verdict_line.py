"""The one line on top of `pgtwin status`."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgtwin.record import Record
from pgtwin.record_copies import RecordCopies
from pgtwin.site_state import SiteState
from pgtwin.verdict import KEPT_OUT, SETTLE, Verdict, verdict
from tests.golden import ROOT
from tests.pgtwin.read_copies import read_everywhere, read_where_a_site_answers
from topology.site import SITES, SiteName, other_site


def site(name: SiteName, **fields: Any) -> SiteState:
    writer = name == "primary"
    return SiteState(
        **{
            "site": name,
            "role": "writer" if writer else "replica",
            "accepts_writes": writer,
            "healthy": True,
            "fenced": False,
            "following": not writer,
            "server_name": name,
            "heartbeat_age_seconds": 12.0,
            **fields,
        }
    )


def naming(writer: SiteName | None, token: str | None = "") -> Record | None:
    names: dict[SiteName, str] = {"primary": "p", "dr": "d"}
    return (
        None if writer is None else Record(epoch=3, writer=writer, server_names=names, token=token)
    )


def line(primary: SiteState | None, dr: SiteState | None, record: SiteName | None = None) -> str:
    return judged({"primary": primary, "dr": dr}, naming(record)).text


def judged(
    states: Mapping[SiteName, SiteState | None], record: Record | None, **seen: Any
) -> Verdict:
    return verdict(states, read_where_a_site_answers(states, record), "primary", **seen)


@pytest.mark.parametrize("hanging", [{"primary"}, {"dr"}, {"primary", "dr"}])
def test_credentials_are_not_blamed_for_machines_that_hang(hanging: set[SiteName]) -> None:
    said = judged({"primary": None, "dr": None}, None, hanging=hanging).text

    assert "credentials" not in said
    for name in ("primary", "dr"):
        why = "answers and does no work" if name in hanging else "does not answer"
        assert f"{name} {why}" in said


@pytest.mark.parametrize(
    ("primary", "dr", "record", "said"),
    [
        (site("primary"), site("dr"), None, "failover ready; RPO now: at most 12 s (archive)"),
        (site("primary"), None, None, "failover not ready: dr does not answer"),
        (
            site("primary", commits_stalled="3 sessions waiting for the disk"),
            site("dr"),
            None,
            "hang: 3 sessions waiting for the disk - read: docs/runbooks/commits-stalled.md",
        ),
        (site("primary"), site("dr", following=False), None, "not ready: dr does not follow"),
        (site("primary"), site("dr", fenced=True), None, "pgtwin failback --site dr --stay"),
        (site("primary"), site("dr"), "dr", "primary writes, but the record names dr"),
        (None, site("dr"), None, "a failover would lose at most 12 s"),
        (None, None, None, "pgtwin doctor"),
        (
            site("primary"),
            site("dr", role="writer", accepts_writes=True),
            None,
            "both sites accept writes",
        ),
    ],
)
def test_says_what_is_and_what_to_do(
    primary: SiteState | None, dr: SiteState | None, record: SiteName | None, said: str
) -> None:
    assert said in line(primary, dr, record)


DOWN = site("primary", accepts_writes=False, healthy=False)
FENCED = site("primary", accepts_writes=False, fenced=True)
RELEASE = "run: pgtwin failback --site primary --release"


@pytest.mark.parametrize(
    ("primary", "dr", "record", "said"),
    [
        (DOWN, site("dr"), None, "would lose at most 12 s - run: pgtwin failover --to dr"),
        (DOWN, site("dr"), naming("primary"), "12 s - run: pgtwin failover --to dr"),
        (DOWN, None, naming("primary"), "dr does not answer - to bring PostgreSQL of a site back"),
        (
            FENCED,
            site("dr"),
            naming("dr"),
            f"failover --to dr; or, to keep primary the writer, {RELEASE}",
        ),
        (
            FENCED,
            None,
            naming("dr", None),
            f"unless dr was promoted, keep primary the writer - {RELEASE}",
        ),
        (FENCED, None, naming("dr"), "bring PostgreSQL of a site back"),
        (
            site("primary", role="replica", accepts_writes=False, demotion_token="t"),
            site("dr"),
            naming("dr", "t"),
            "a switchover was interrupted - run: pgtwin switchover --to dr",
        ),
        (
            site("primary"),
            site("dr"),
            naming("dr", None),
            f"failover --to dr; or, to keep primary the writer, {RELEASE}",
        ),
        (
            site("primary"),
            None,
            naming("dr", None),
            f"which does not answer; unless dr was promoted, keep primary the writer - {RELEASE}",
        ),
        (site("primary"), None, naming("dr"), "keep applications away from primary"),
    ],
)
def test_names_only_what_the_plans_let_in(
    primary: SiteState, dr: SiteState | None, record: Record | None, said: str
) -> None:
    assert said in judged({"primary": primary, "dr": dr}, record).text


READY: dict[SiteName, SiteState | None] = {"primary": site("primary"), "dr": site("dr")}
BOTH_WRITE: dict[SiteName, SiteState | None] = {
    **READY,
    "dr": site("dr", role="writer", accepts_writes=True),
}


@pytest.mark.parametrize(
    ("states", "said", "then"),
    [
        (READY, "primary writes", "run: pgtwin record --writer primary"),
        (BOTH_WRITE, "both sites accept writes", f"read: docs/failover.md, {SETTLE!r}"),
        (
            dict.fromkeys(READY),
            "no site is seen to accept writes",
            f"read: docs/failover.md, {SETTLE!r}",
        ),
    ],
)
def test_no_failover_is_called_ready_while_two_records_name_different_writers(
    states: dict[SiteName, SiteState | None], said: str, then: str
) -> None:
    rivals = RecordCopies(read={"primary": naming("primary"), "dr": naming("dr")})

    found = verdict(states, rivals, "primary")

    assert not found.good
    assert found.text.startswith(f"{said}; the two regions' records name different writers")
    assert "ready" not in found.text
    assert found.text.endswith(then)
    assert f"## {SETTLE}\n" in (ROOT / "docs/failover.md").read_text()


def test_of_two_sites_that_write_the_one_that_the_record_names_stays() -> None:
    assert judged(BOTH_WRITE, naming("dr")).text.endswith("run: pgtwin record --writer dr")


def test_a_writer_whose_machine_keeps_clients_out_is_not_good() -> None:
    states = {**READY, "primary": site("primary", clients_admitted=False)}

    found = judged(states, naming("primary"))

    assert not found.good
    assert "primary keeps clients out of the machine that answers" in found.text
    assert f"## {KEPT_OUT}\n" in (ROOT / "docs/operate.md").read_text()


@pytest.mark.parametrize("admitted", [None, True, False])
def test_a_replica_keeps_clients_out_and_is_ready(admitted: bool | None) -> None:
    states = {**READY, "dr": site("dr", clients_admitted=admitted)}

    assert judged(states, naming("primary")).good


@pytest.mark.parametrize(
    ("aliases", "where"),
    [
        ({"primary": "dr", "dr": "primary"}, "in the region of primary leads to dr"),
        ({"primary": "primary", "dr": "dr"}, "in the region of dr leads to dr"),
        ({"primary": "dr", "dr": "dr"}, "in the region of primary and dr leads to dr"),
    ],
)
def test_clients_that_are_led_to_the_site_that_does_not_write_make_it_bad(
    aliases: dict[SiteName, SiteName | None], where: str
) -> None:
    found = judged(READY, naming("primary"), aliases=aliases)

    assert not found.good
    assert "failover ready; RPO now" in found.text
    assert where in found.text
    assert found.text.endswith("run: pgtwin switchover --to primary")


@pytest.mark.parametrize("epoch", [None, 0, 2])
@pytest.mark.parametrize("writer", SITES)
def test_until_a_site_took_over_each_region_may_lead_to_its_own(
    writer: SiteName, epoch: int | None
) -> None:
    names: dict[SiteName, str] = {"primary": "p", "dr": "d-g3" if epoch else "d"}
    record = epoch if epoch is None else Record(epoch=epoch, writer=writer, server_names=names)
    replica = other_site(writer)
    states = {
        writer: site("primary", site=writer),
        replica: site("dr", site=replica),
    }
    own: dict[SiteName, SiteName | None] = {"primary": "primary", "dr": "dr"}
    led = {**own, writer: replica}

    assert verdict(states, read_everywhere(record), writer, aliases=own).good
    assert not verdict(states, read_everywhere(record), writer, aliases=led).good


def test_a_name_that_still_leads_to_a_lost_site_is_moved_by_the_failover() -> None:
    found = judged({**READY, "dr": None}, naming("primary"), aliases={"primary": "dr"})

    assert found.text.endswith("run: pgtwin failover --to primary")


def test_a_name_that_still_leads_to_machines_that_are_stopped_is_moved_by_the_record() -> None:
    found = verdict(
        {**READY, "dr": None},
        read_everywhere(naming("primary", "t")),
        "primary",
        aliases={"primary": "dr"},
    )

    assert found.text.endswith("run: pgtwin record --writer primary")


def test_credentials_that_read_a_record_are_not_blamed_for_machines_that_are_stopped() -> None:
    nobody: dict[SiteName, SiteState | None] = dict.fromkeys(READY)

    said = verdict(nobody, read_everywhere(naming("dr")), "primary").text

    assert "credentials" not in said
    assert "no machine of either site answers, and the record names dr" in said
    assert "start dr's machines in EC2" in said
    # The copy of a region that is silent may name the other site.
    of_dr_alone = RecordCopies(read={"dr": naming("dr")})
    assert "EC2" not in verdict(nobody, of_dr_alone, "primary").text


def test_a_name_that_leads_nowhere_that_is_known_is_not_called_wrong() -> None:
    aliases: dict[SiteName, SiteName | None] = {"primary": None, "dr": "primary"}

    assert judged(READY, naming("primary"), aliases=aliases).good


states = st.none() | st.builds(
    site,
    st.just("dr"),
    role=st.sampled_from(("writer", "replica")),
    accepts_writes=st.booleans(),
    healthy=st.booleans(),
    fenced=st.booleans(),
    following=st.booleans(),
    heartbeat_age_seconds=st.none() | st.floats(-1e3, 1e6),
)


@given(primary=states, dr=states, record=st.sampled_from(("primary", "dr", None)))
def test_is_good_only_when_one_site_writes_and_the_other_follows(
    primary: SiteState | None, dr: SiteState | None, record: SiteName | None
) -> None:
    found = judged({"primary": primary, "dr": dr}, naming(record))

    assert "\n" not in found.text
    if found.good:
        assert primary is not None
        assert dr is not None
        assert primary.accepts_writes
        assert not dr.accepts_writes
        assert dr.following
        assert dr.loss.seconds is not None
        assert record in (None, "primary")
