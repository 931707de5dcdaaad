"""A failover that was begun and given up before anything was promoted: the old writer goes on.

What always holds: PostgreSQL is kept stopped here until the end, also on machines that run; where
one answers nobody it is not known to be, and the release stops. The other site's copy of the record
is moved back first, which refuses every promotion that is still on its way; then the other site is
seen to be a replica; only then does this region's copy name this site, and is the fence taken away.
Where the other site was promoted meanwhile the record goes back. It always moves to a new epoch: a
put of the cancelled failover that lands late is of an old one.

us-east-1 is not needed: a failover closes the archive only behind its promotion, so nothing is
closed but what an older failback left so; that is opened last, and stops nothing.
"""

from pgtwin.errors import PlanRefused
from pgtwin.leftovers import open_leftover
from pgtwin.plan import Plan, Step
from pgtwin.record import NO_PROMOTION, Record
from pgtwin.run import Run
from topology.site import SITES, SiteName, other_site

START_SECONDS = 600.0
STOP_SECONDS = 120.0


def release(run: Run, site: SiteName) -> Plan:
    """Take the fence away from `site`: the other one was not promoted."""
    steps = _Steps(run, site)
    return Plan(
        what=f"release of {site}",
        steps=(
            steps.check(),
            steps.hold(),
            steps.record_back(),
            steps.start(),
            steps.lift(),
            open_leftover(run, site),
        ),
        repeat=f"pgtwin failback --site {site} --release",
    )


class _Steps:
    """The steps that let `name` go on as before."""

    def __init__(self, run: Run, name: SiteName) -> None:
        self._run = run
        self._name: SiteName = name
        self._other_name = other_site(name)
        self._site = run.sites[name]
        self._other = run.sites[self._other_name]

    def check(self) -> Step:
        return Step(
            name="check",
            changes="nothing",
            undo="nothing to undo",
            act=self._refuse_if_promoted,
        )

    def hold(self) -> Step:
        def held() -> bool:
            power = self._site.power()
            if power != "running":
                return power == "stopped"
            state = self._run.observe(self._name)
            return state is not None and state.accepts_writes is False

        def act() -> None:
            if self._site.power() == "running":
                self._site.hold()
            self._run.wait_until(held, f"PostgreSQL of {self._name} is stopped", STOP_SECONDS)

        return Step(
            name="hold",
            changes=f"PostgreSQL of {self._name} is kept stopped, where machines run",
            undo="nothing to undo: the fence is lifted at the end",
            act=act,
            done=lambda: held() or self._was_released(),
        )

    def record_back(self) -> Step:
        def act() -> None:
            newest = self._run.newest_record(SITES)
            kept = newest.token if newest.writer == self._name else None
            newest = self._handed(newest, self._name, kept or NO_PROMOTION)
            self._run.write_record(newest, (self._other_name,))
            try:
                self._refuse_if_promoted()
            except PlanRefused:
                theirs = self._handed(newest, self._other_name, NO_PROMOTION)
                self._run.write_record(theirs, (self._other_name, self._name))
                raise
            self._run.write_record(newest, (self._name,))

        return Step(
            name="move the record back",
            changes=f"the record names {self._name}; {self._other_name} refuses a promotion",
            undo=f"pgtwin failover --to {self._other_name}",
            act=act,
        )

    def start(self) -> Step:
        """A site answers as soon as one of its machines runs; EC2 is asked about all of them."""

        def answers() -> bool:
            return self._run.observe(self._name) is not None

        def act() -> None:
            self._site.start()
            self._run.wait_until(answers, f"{self._name} answers", START_SECONDS)

        return Step(
            name="start the machines",
            changes=f"{self._name}'s machines run",
            undo="stop the instances",
            act=act,
        )

    def lift(self) -> Step:
        def act() -> None:
            self._refuse_if_promoted()
            self._site.unfence()

        return Step(
            name="lift the fence",
            changes=f"the fence of {self._name} is lifted",
            undo="fence it again",
            act=act,
        )

    def _was_released(self) -> bool:
        """Whether the writer serves and nothing ever named the other site, or no copy does any
        more: as in a repetition for what was left to do. It is not stopped then.
        """
        copies = [self._run.sites[name].read_record() for name in SITES]
        named = {copy.writer for copy in copies if copy} or {self._run.newest_record(SITES).writer}
        state = self._run.observe(self._name)
        return named == {self._name} and state is not None and state.accepts_writes is True

    def _handed(self, record: Record, writer: SiteName, token: str | None) -> Record:
        return record.handed_to(writer, token, by=self._run.by, since=self._run.timestamp())

    def _refuse_if_promoted(self) -> None:
        if self._other.observe().role != "replica":
            raise PlanRefused(
                f"{self._other_name} was promoted, so {self._name} stays fenced - "
                f"bring it back as a replica, run: pgtwin failback --site {self._name}"
            )
