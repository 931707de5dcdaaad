"""Which of two sites writes, where the record cannot say: its copies name both, or both write.

What always holds:

* Both regions answer, and PostgreSQL of the site that does not go on is stopped, before the record
  names the other alone. A site that is told to be a replica writes nothing, and goes on following.
* A site is not stopped for one that does not write: then there would be no writer at all.
* The record moves to a new epoch, which is above both rivals and permits no promotion. So nothing
  that either of the two operators still has under way takes effect.
* The site that goes on may archive: a failover from it has closed its archive, and nobody could be
  cloned from it.
* Nothing is deleted: what the stopped site alone accepted stays on its disks until `failback`,
  which lists what was never archived.
"""

from dataclasses import replace

from pgtwin.deadlines import STOPPED_SECONDS
from pgtwin.errors import PlanRefused, unchanged
from pgtwin.failback_check import as_a_replica
from pgtwin.leftovers import alias_leftover, open_leftover
from pgtwin.next_command import NextCommand
from pgtwin.plan import Plan, Step
from pgtwin.record import NO_PROMOTION, Record, are_rivals
from pgtwin.run import Run
from pgtwin.site_state import SiteState
from topology.site import SITES, SiteName, other_site


def settled_record(run: Run, writer: SiteName, *, cluster: str) -> Plan:
    """Let `writer` alone be named; the word is the name of its `cluster`."""
    steps = _Steps(run, writer, cluster)
    return Plan(
        what=f"record {writer} as the writer",
        steps=(
            steps.check(),
            steps.stop(),
            steps.record(),
            alias_leftover(run, writer),
            open_leftover(run, writer),
        ),
        repeat=f"pgtwin record --writer {writer}",
    )


class _Steps:
    """The steps that leave `name` as the only writer."""

    def __init__(self, run: Run, name: SiteName, cluster: str) -> None:
        self._run = run
        self._name: SiteName = name
        self._other_name = other_site(name)
        self._cluster = cluster

    def check(self) -> Step:
        return Step(name="check", changes="nothing", undo="nothing to undo", act=self._look)

    def stop(self) -> Step:
        other = self._run.sites[self._other_name]

        def quiet() -> bool:
            power = other.power()
            if power != "running":
                return power == "stopped"
            state = self._run.observe(self._other_name)
            if state is None or state.accepts_writes is not False:
                return False
            return state.role == "replica" or bool(state.fenced)

        def act() -> None:
            if other.power() == "running":
                other.hold(epoch=max(self._run.known_epoch, self._newest().epoch))
            self._run.wait_until(
                quiet, f"PostgreSQL of {self._other_name} is stopped", STOPPED_SECONDS
            )

        return Step(
            name="stop the other",
            changes=f"PostgreSQL of {self._other_name} stops, unless it is told to be a replica",
            undo=as_a_replica(self._other_name),
            act=act,
            done=quiet,
        )

    def record(self) -> Step:
        def act() -> None:
            settled = self._run.handed(self._newest(), self._name, NO_PROMOTION)
            names = {**settled.server_names, **self._server_names()}
            self._run.write_record(
                replace(settled, server_names=names), (self._other_name, self._name)
            )

        return Step(
            name="name the writer",
            changes=f"the record names {self._name} in both regions, in a new epoch",
            undo="nothing to undo: it promotes nobody",
            act=act,
            done=self._is_named,
        )

    def _look(self) -> None:
        state = self._run.sites[self._name].observe()
        other = self._run.observe(self._other_name)
        for each in (state, other):
            if each is not None:
                self._run.heed(each)
        problem = self._why_not(state, other)
        if problem:
            raise PlanRefused(unchanged(problem))
        if other is None or (other.role == "writer" and not other.fenced):
            self._run.confirm(
                f"{self._name} stays the writer. PostgreSQL of {self._other_name} is stopped, and "
                f"what it alone accepted is not in {self._name}: it stays on its disks until "
                f"{as_a_replica(self._other_name)}",
                self._cluster,
            )

    def _why_not(self, state: SiteState, other: SiteState | None) -> str | None:
        name, copies = self._name, self._copies()
        named = self._newest().writer if copies else state.named_writer
        alone = [each.site for each in (state, other) if each and each.accepts_writes]
        if copies and alone == [other_site(named)] and not are_rivals(copies):
            then = NextCommand(
                states={name: state, self._other_name: other}, record=self._newest(), unread=()
            )
            return then.where_the_record_names_another(alone[0])
        if named != name and not are_rivals(copies):
            return f"no record names {name} - {self._instead(named)}"
        if other is not None and other.accepts_writes and not state.accepts_writes:
            return (
                f"{self._other_name} accepts writes and {name} does not - "
                f"run: pgtwin record --writer {self._other_name}"
            )
        return None

    def _instead(self, named: SiteName) -> str:
        """For a site that no record names; a switchover to it only where that is let in."""
        states = {name: self._run.observe(name, outside=True) for name in SITES}
        record = self._newest() if self._copies() else None
        then = NextCommand(states=states, record=record, unread=())
        switchover, other = then.switchover(self._name), states[self._other_name]
        if other is not None and not other.accepts_writes:
            return switchover or "run: pgtwin status"
        settled = f"run: pgtwin record --writer {named}"
        return f"{settled}, or, to move the writer, {switchover}" if switchover else settled

    def _is_named(self) -> bool:
        """In both regions; or there is no record, as nothing was promoted, and the roles agree."""
        copies = self._copies()
        if not copies:
            other = self._run.observe(self._other_name)
            return other is not None and other.role == "replica"
        named = all(copy.writer == self._name for copy in copies)
        return named and len({copy.epoch for copy in copies}) == 1 and len(copies) == len(SITES)

    def _copies(self) -> list[Record]:
        found = (self._run.sites[name].read_record() for name in SITES)
        return [copy for copy in found if copy is not None]

    def _newest(self) -> Record:
        """Of two rivals the one that names this site; epoch 0 where there is none at all."""
        none = Record(epoch=0, writer=self._name, server_names=dict(self._run.clusters))
        copies = self._copies()
        return max(copies, key=lambda copy: (copy.epoch, copy.writer == self._name), default=none)

    def _server_names(self) -> dict[SiteName, str]:
        """What each site that answers archives under; rivals may have recorded another name."""
        states = (self._run.observe(name) for name in SITES)
        return {state.site: state.server_name for state in states if state and state.exists}
