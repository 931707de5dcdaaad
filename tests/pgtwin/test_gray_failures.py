"""A site that answers and does no work is named by `status`, and nobody is promoted beside it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from drill.failures.deployed import Deployed
from host.postgres.postgres_state import SLOW_SECONDS
from host.postgres.stalled_commits import BETWEEN_SECONDS, OLD_SECONDS
from pgtwin.aws import ssm_host
from pgtwin.aws.ssm_host import SsmHost
from pgtwin.deadlines import BEGIN_SECONDS, LOOK_SECONDS, SURVEY_SECONDS, follows_a_look
from pgtwin.errors import SiteError, SiteFailed, SiteHangs, SiteUnclear, SiteUnreachable
from pgtwin.execute import Position, execute
from pgtwin.failover import failover
from pgtwin.site_state import FenceAttempt, Power, SiteState
from tests.pgtwin.conftest import Pgtwin, result
from tests.pgtwin.model.model_run import model_run
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.oracle import Oracle
from tests.pgtwin.model.search import NOW, Silence
from tests.pgtwin.model.world import first_world
from topology.names import Names
from topology.site import SiteName

NAMED_SECONDS = 30.0
"""From the beginning of a gray failure until `pgtwin status` names it, whenever that is asked."""


@pytest.mark.parametrize(
    "seen_after_seconds", [SLOW_SECONDS, OLD_SECONDS + BETWEEN_SECONDS, LOOK_SECONDS]
)
def test_whoever_looks_is_told_within_30_s(seen_after_seconds: float) -> None:
    assert seen_after_seconds + SURVEY_SECONDS <= NAMED_SECONDS
    assert LOOK_SECONDS < SURVEY_SECONDS


class Clock:
    """Time that passes while somebody sleeps, and only then."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)


class Asked(SsmHost):
    """Session Manager takes every command; what becomes of it never changes."""

    region = "eu-west-2"

    def __init__(self, status: str) -> None:
        super().__init__(self, names=Names(system="pgtwin"), site="dr")  # type: ignore[arg-type]
        self.status = status
        self.sent: list[str] = []

    def ask(self, _: str, what: str, __: object) -> Any:
        return what

    def _server(self) -> str:
        return "i-1"

    def _ask(self, command: str, instance: str, verb: str) -> dict[str, Any]:
        if command not in self.sent:
            self.sent.append(command)
        return {"Status": self.status}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(ssm_host, "time", found)
    return found


def test_a_machine_that_took_the_command_is_told_from_one_that_is_not_reached(clock: Clock) -> None:
    with pytest.raises(SiteHangs, match="i-1 took the command and has not ended it"):
        Asked("InProgress").run("status", within_seconds=LOOK_SECONDS)
    assert clock.seconds <= LOOK_SECONDS + 1

    with pytest.raises(SiteUnreachable, match="has not taken the command") as raised:
        Asked("Pending").run("status", within_seconds=LOOK_SECONDS)
    assert not isinstance(raised.value, SiteHangs)


def test_a_region_that_falls_silent_while_a_verb_runs_is_given_up_within_a_minute(
    clock: Clock,
) -> None:
    class Silent(Asked):
        def _ask(self, *_: str) -> dict[str, Any]:
            raise SiteUnreachable("no answer")

    with pytest.raises(SiteUnreachable, match="it is unknown whether it ended"):
        Silent("InProgress").run("promote")
    assert clock.seconds <= 60


@pytest.mark.parametrize("verb", ["backup", "dump", "follow", "restore", "upgrade", "verify"])
def test_no_verb_waits_for_hours_for_a_machine_that_hangs(clock: Clock, verb: str) -> None:
    host = Asked("InProgress")

    with pytest.raises(SiteHangs):
        host.run(verb)

    assert clock.seconds <= 31
    assert host.sent == ["status in eu-west-2"], "it was asked for more than its state"


@pytest.mark.parametrize("verb", ["demote", "promote", "settle", "fence"])
def test_a_change_of_role_is_not_slowed_down_by_another_question(verb: str) -> None:
    assert follows_a_look(verb)


def test_a_verb_that_is_given_up_soon_needs_no_look_before_it(clock: Clock) -> None:
    host = Asked("InProgress")

    with pytest.raises(SiteHangs):
        host.run("backup", "--begin", within_seconds=BEGIN_SECONDS)

    assert clock.seconds <= BEGIN_SECONDS + 1
    assert host.sent == ["backup in eu-west-2"]


@dataclass
class Gray(ModelSite):
    """A machine that EC2 has running and cannot stop: it takes questions, and `answers` them so."""

    name_: SiteName
    cell: Cell
    error: SiteError | None = None
    """What a look ends with; without one it tells that it does not know."""

    def __post_init__(self) -> None:
        super().__init__(self.name_, self.cell)

    def observe(self, *, outside: bool = False) -> SiteState:
        if self.error:
            raise self.error
        return SiteState(
            site=self.name_,
            role="writer",
            accepts_writes=None,
            healthy=False,
            fenced=False,
            following=False,
            server_name="p",
        )

    def fence(self, *, epoch: int) -> tuple[FenceAttempt, ...]:
        return (FenceAttempt(way="instances stopped", worked=False, detail="denied"),)

    def power(self) -> Power:
        return "running"


@pytest.mark.parametrize(
    "error",
    [
        None,
        SiteHangs("status: i-1 took the command and has not ended it yet"),
        SiteUnclear("status: kubectl does not answer"),
    ],
    ids=str,
)
def test_beside_an_old_postgresql_that_cannot_be_stopped_nobody_is_promoted(
    error: SiteError | None,
) -> None:
    cell, clock, told = Cell(first_world(), Oracle((), 0)), Clock(), list[str]()

    def site(name: SiteName, cell: Cell) -> ModelSite:
        if name == "primary":
            return Gray(name_=name, cell=cell, error=error)
        return ModelSite(name, cell)

    run = model_run(cell, what="failover", site=site, clock=clock, tell=told.append)
    position = execute(failover(run, "dr", cluster="dr"), lambda: None, Silence())

    assert position.outcome == "timed out"
    assert "primary accepts no writes; nothing was promoted" in position.problem
    assert cell.world.dr.role == "replica"
    assert clock.seconds <= 150


class Stopping(ModelSite):
    """EC2 does not come to stop the primary's machines; a look at it ends with `looks`."""

    looks: SiteError | bool = SiteUnreachable("no server is online")

    def observe(self, *, outside: bool = False) -> SiteState:
        if self.name == "dr":
            return super().observe(outside=outside)
        if isinstance(self.looks, SiteError):
            raise self.looks
        state = ModelSite("dr", self._cell).observe(outside=outside)
        return replace(state, role="writer", accepts_writes=self.looks)


def stuck(looks: SiteError | bool) -> tuple[Position, Cell, list[str]]:
    """A failover from a site whose machines EC2 is asked to stop and does not."""
    cell, told = Cell(first_world(), Oracle((), 0)), list[str]()
    site = type("Stuck", (Stopping,), {"looks": looks})
    run = model_run(cell, what="failover", site=site, clock=Clock(), tell=told.append)
    return execute(failover(run, "dr", cluster="dr"), lambda: None, Silence()), cell, told


@pytest.mark.parametrize("looks", [Stopping.looks, False], ids=["nobody", "a stopped PostgreSQL"])
def test_a_machine_that_ec2_does_not_come_to_stop_and_that_does_not_write_is_given_up_aloud(
    looks: SiteError | bool,
) -> None:
    position, cell, told = stuck(looks)

    assert position.outcome == "done", position.problem
    assert cell.world.primary.stopping
    assert cell.world.dr.role == "writer"
    assert any("EC2 has not stopped every machine of primary after 120 s" in line for line in told)


@pytest.mark.parametrize(
    "looks",
    [SiteHangs("took it"), SiteUnclear("no API server"), SiteFailed("broke"), True],
    ids=str,
)
def test_beside_a_machine_that_is_being_stopped_and_answers_nobody_is_promoted(
    looks: SiteError | bool,
) -> None:
    position, cell, _ = stuck(looks)

    assert position.outcome == "timed out"
    assert "re-check the old writer" in position.problem
    assert cell.world.primary.stopping
    assert cell.world.dr.copy.writer == "dr", "clients are kept out by the record"
    assert cell.world.dr.role == "replica"


@pytest.mark.parametrize("writes", [True, False])
def test_where_ec2_does_not_answer_the_host_program_is_asked_whether_it_writes(
    writes: bool,
) -> None:
    class WithoutEc2(Stopping):
        looks = writes

        def power(self) -> Power:
            if self.name == "primary":
                raise SiteUnreachable("throttled")
            return super().power()

        def fence(self, *, epoch: int) -> tuple[FenceAttempt, ...]:
            return (FenceAttempt(way="PostgreSQL stopped", worked=False, detail="denied"),)

    cell = Cell(first_world(), Oracle((), 0))
    run = model_run(cell, what="failover", site=WithoutEc2, clock=Clock())

    position = execute(failover(run, "dr", cluster="dr"), lambda: None, Silence())

    assert (position.outcome == "done") is not writes
    assert (cell.world.dr.role == "writer") is not writes


@dataclass
class Shown:
    """What `pgtwin status` says."""

    pgtwin: Pgtwin
    deployed: Deployed
    document: dict[str, Any] = field(default_factory=dict)

    def verdict(self) -> str:
        self.document = result(self.pgtwin("status", "--json"))
        assert not self.document["good"]
        return str(self.document["verdict"])


@pytest.fixture
def shown(pgtwin: Pgtwin, deployed: Deployed) -> Iterator[Shown]:
    yield Shown(pgtwin, deployed)
    deployed.work_again()


@pytest.mark.slow
def test_a_machine_that_answers_and_does_no_work_is_named(shown: Shown) -> None:
    shown.deployed.hang("primary")
    assert "primary answers and does no work" in shown.verdict()
    assert "pgtwin failover --to dr; that would lose at most 12 s" in shown.verdict()
    assert "answers, does no work" in shown.pgtwin("status").stdout

    shown.deployed.work_again()
    shown.deployed.hang("dr")
    assert "primary writes; failover not ready: dr answers and does no work" in shown.verdict()


@pytest.mark.slow
def test_a_postgresql_that_does_not_answer_and_an_archive_that_is_slow_are_named(
    shown: Shown,
) -> None:
    waiting = "3 WAL segments waiting, longest 34 s"
    # The whole document asks S3, too; the state alone does not.
    shown.deployed.set_state("primary", archive_slow=waiting, status_takes_seconds=20)
    assert f"the archive of primary is slow: {waiting}" in shown.verdict()
    refused = shown.pgtwin("switchover", "--to", "dr")
    assert (refused.returncode, waiting in refused.stderr) == (2, True)
    assert shown.deployed.state("primary")["accepts_writes"]

    shown.deployed.set_state("primary", accepts_writes=None, status_takes_seconds=0)
    assert "primary runs a PostgreSQL that does not answer, and it is unknown" in shown.verdict()


@pytest.mark.slow
def test_a_failover_from_a_machine_that_hangs_stops_it_and_is_done(shown: Shown) -> None:
    shown.deployed.hang("primary")

    done = shown.pgtwin("failover", "--to", "dr", "--yes-lose-up-to", "60s")

    assert done.returncode == 0, done.stderr
    assert shown.deployed.machine_states("primary") == {"stopped"}
    assert shown.deployed.state("dr")["accepts_writes"]
