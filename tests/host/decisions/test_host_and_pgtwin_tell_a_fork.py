"""The writer's machine dies, and the standby that leads next has less than the other region.

Real: three PostgreSQL servers, the host program's SQL, `pgtwin`'s judgement. There is no archive.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from drill.operator.instance import Instance
from drill.waiting import wait_for
from pgtwin.fork import forked
from pgtwin.site_state import SiteState
from tests.host.decisions.servers import follow, look_at, servers
from topology.site import SiteName


@dataclass(frozen=True, kw_only=True)
class Trio:
    """The writer's site has two instances, the other region one."""

    leader: Instance
    standby: Instance
    dr: Instance

    def fail_over_locally(self) -> None:
        self.leader.crash()
        if not self.standby.running:
            self.standby.start()
        self.standby.query("SELECT pg_promote()")
        follow(self.dr, self.standby)

    def states(self) -> tuple[SiteState, SiteState]:
        return seen(self.standby, "primary"), seen(self.dr, "dr")


def seen(instance: Instance, site: SiteName) -> SiteState:
    """As the host program tells it to `pgtwin`."""
    found = look_at(instance)
    return SiteState(
        site=site,
        role="replica" if found.state.in_recovery else "writer",
        accepts_writes=not found.state.in_recovery,
        healthy=True,
        fenced=False,
        following=found.state.in_recovery,
        server_name=site,
        timeline=found.state.timeline,
        history=found.history,
        lsn=found.state.lsn,
    )


@pytest.fixture
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    with servers(tmp_path_factory.mktemp("fork"), "leader", "standby", "dr") as made:
        leader, standby, dr = made
        yield Trio(leader=leader, standby=standby, dr=dr)


def has(instance: Instance, table: str) -> None:
    exists = f"SELECT to_regclass('{table}') IS NOT NULL"
    wait_for(lambda: instance.value(exists) is True, 30, f"{table} on {instance.name}")


def test_a_region_that_has_more_than_the_standby_that_leads_now_is_told_to_be_cloned_again(
    trio: Trio,
) -> None:
    has_begun = "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'"
    wait_for(lambda: trio.dr.value(has_begun) == 1, 30, "the other region to stream")
    trio.standby.crash()
    trio.leader.query("CREATE TABLE tail (n integer)")
    has(trio.dr, "tail")

    trio.fail_over_locally()

    refused = "before current recovery point"
    wait_for(lambda: refused in trio.dr.log.read_text(), 30, "PostgreSQL to refuse the timeline")
    writer, replica = trio.states()
    said = forked(writer, replica)
    assert said is not None
    assert "of timeline 1" in said
    assert "pgtwin failback --site dr --stay" in said
    assert (replica.timeline, writer.timeline) == (1, 2)


def test_a_region_that_has_no_more_than_the_standby_follows_its_timeline_and_is_never_blamed(
    trio: Trio,
) -> None:
    trio.leader.query("CREATE TABLE everywhere (n integer)")
    for each in (trio.standby, trio.dr):
        has(each, "everywhere")

    trio.fail_over_locally()

    assert forked(*trio.states()) is None
    trio.standby.query("CREATE TABLE afterwards (n integer)")
    has(trio.dr, "afterwards")
    writer, replica = trio.states()
    assert forked(writer, replica) is None
    assert (replica.timeline, writer.timeline) == (2, 2)
