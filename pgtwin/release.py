"""A failover that was begun and given up before anything was promoted: the old writer goes on.

What always holds: PostgreSQL is kept stopped here until the end, also on machines that run. The
other site's copy of the record is moved back first, which refuses every promotion that is still on
its way; then the other site is seen to be a replica; only then does this region's copy name this
site, and is the fence taken away. Where the other site was promoted meanwhile the record goes back.
"""

from pgtwin.errors import PlanRefused
from pgtwin.plan import Plan, Step
from pgtwin.record import NO_PROMOTION, Record
from pgtwin.run import Run
from topology.site import SITES, SiteName, other_site

START_SECONDS = 600.0


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
            steps.open(),
        ),
        repeat=f"pgtwin failback --site {site}",
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
        def stopped() -> bool:
            state = self._run.observe(self._name)
            return state is None or state.accepts_writes is False

        return Step(
            name="hold",
            changes=f"PostgreSQL of {self._name} is kept stopped, where machines run",
            undo="nothing to undo: the fence is lifted at the end",
            act=self._site.hold,
            done=stopped,
        )

    def record_back(self) -> Step:
        def act() -> None:
            newest = self._run.newest_record(SITES)
            if newest.writer != self._name:
                newest = self._handed(newest, self._name)
            self._run.write_record(newest, (self._other_name,))
            try:
                self._refuse_if_promoted()
            except PlanRefused:
                theirs = self._handed(newest, self._other_name)
                self._run.write_record(theirs, (self._other_name, self._name))
                raise
            self._run.write_record(newest, (self._name,))

        return Step(
            name="move the record back",
            changes=f"the record names {self._name}; {self._other_name} refuses a promotion",
            undo=f"pgtwin failover --to {self._other_name}",
            act=act,
            done=lambda: all(
                (copy := self._run.sites[name].read_record()) is not None
                and copy.writer == self._name
                for name in SITES
            ),
        )

    def start(self) -> Step:
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
            done=answers,
        )

    def open(self) -> Step:
        def act() -> None:
            self._refuse_if_promoted()
            self._site.unfence()

        return Step(
            name="lift the fence",
            changes=f"the fence of {self._name} is lifted",
            undo="fence it again",
            act=act,
            done=lambda: self._site.observe(outside=True).fenced is False,
        )

    def _handed(self, record: Record, writer: SiteName) -> Record:
        return record.handed_to(writer, NO_PROMOTION, by=self._run.by, since=self._run.timestamp())

    def _refuse_if_promoted(self) -> None:
        if self._other.observe().role != "replica":
            raise PlanRefused(
                f"{self._other_name} was promoted, so {self._name} stays fenced - "
                f"bring it back as a replica, run: pgtwin failback --site {self._name}"
            )
