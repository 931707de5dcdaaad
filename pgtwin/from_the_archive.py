"""A site comes back where neither has a Cluster: cloned from the archive of the one that wrote.

What always holds:

1. Both sites answer, and there is no Cluster but this very clone, nor a pod that a deleted one has
   left running on the site that wrote. So nobody writes, and nothing is deleted.
2. The clone is of the site that wrote by the newest record. Machines remember the newest that they
   have read: where no region has that one, nobody knows which archive is the newest, and nothing is
   done. Without any, nothing was ever promoted, and the machines name the writer that was deployed.
3. It gets a new server name, recorded in both regions before it begins, in an epoch that promotes
   nobody. What the archives hold is written over by nobody.
4. It ends as a replica. Who takes over, and what that loses, is a failover's question.
"""

from collections.abc import Collection, Mapping

from pgtwin.errors import PlanRefused, unchanged
from pgtwin.plan import Plan, Step
from pgtwin.record import NO_PROMOTION, Record, is_later_generation
from pgtwin.run import Run
from pgtwin.site_state import SiteState
from topology.site import SITES, SiteName, other_site


def from_the_archive(run: Run, site: SiteName) -> Plan:
    """Clone `site` from the other's archive."""
    clone = _Clone(run, site)
    return Plan(
        what=f"clone of {site} from the archive",
        steps=(clone.check(), clone.step()),
        repeat=f"pgtwin failback --site {site} --from-archive",
    )


def newest_known(
    copies: Collection[Record], states: Collection[SiteState], clusters: Mapping[SiteName, str]
) -> Record | None:
    """The newest copy, or that of epoch 0 where nobody has seen any: pure.

    None where its writer is in doubt, or machines have read a newer one, which no region has.
    """
    known = [(copy.epoch, copy.writer) for copy in copies]
    known += [
        (state.known_epoch, state.known_writer)
        for state in states
        if state.known_epoch is not None and state.known_writer is not None
    ]
    epoch = max((each for each, _ in known), default=0)
    writers = {writer for each, writer in known if each == epoch}
    if len(writers) != 1:
        return None
    none = Record(epoch=0, writer=writers.pop(), server_names=dict(clusters))
    newest = max(copies, key=lambda copy: copy.epoch, default=none)
    return newest if newest.epoch == epoch else None


def why_not(
    site: SiteName, record: Record | None, *, state: SiteState, other: SiteState
) -> str | None:
    """Why `site` must not be cloned from the other's archive; None when it may: pure."""
    if record is None:
        return "it is unknown which site wrote last - run: pgtwin status"
    if other.exists or (state.exists and not is_the_clone(record, state)):
        there = other.site if other.exists else site
        return (
            f"{there} has a cluster; only where neither site has one, a site is cloned from the "
            "archive alone - run: pgtwin status"
        )
    if record.writer == site:
        return (
            f"{site} wrote last, so the other is cloned from its archive - "
            f"run: pgtwin failback --site {other.site} --from-archive"
        )
    if other.accepts_writes is not False:
        return (
            f"the cluster of {other.site} is gone, and a pod of it may still run and write - "
            "repeat when its pods are gone"
        )
    return None


def is_the_clone(record: Record, state: SiteState) -> bool:
    """Whether the site's Cluster is one that an earlier run of this made."""
    name = record.server_names[state.site]
    recorded = record.token == NO_PROMOTION and is_later_generation(name)
    return state.exists and state.role == "replica" and recorded and state.server_name == name


class _Clone:
    """Of the site `name`."""

    def __init__(self, run: Run, name: SiteName) -> None:
        self._run = run
        self._name: SiteName = name
        self._site = run.sites[name]
        self._other: SiteName = other_site(name)

    def check(self) -> Step:
        def act() -> None:
            self._look()

        return Step(name="check", changes="nothing", undo="nothing to undo", act=act)

    def step(self) -> Step:
        def act() -> None:
            record, state = self._look()
            if not is_the_clone(record, state):
                record = record.recloned(
                    self._name,
                    record.next_server_name(self._name),
                    by=self._run.by,
                    since=self._run.timestamp(),
                )
            name = record.server_names[self._name]
            self._run.write_record(record, SITES)
            self._run.tell(f"{self._name} is cloned as {name} from {self._other}'s archive")
            self._site.follow(name)
            self._run.tell(
                f"{self._name} has what {self._other} archived, and is a replica - "
                f"run: pgtwin failover --to {self._name}"
            )

        return Step(
            name="clone",
            changes=f"{self._name} has a cluster, a replica from {self._other}'s archive, under a "
            "new server name in both regions' records",
            undo="nothing to undo: nothing was deleted, and the clone writes nothing",
            act=act,
        )

    def _look(self) -> tuple[Record, SiteState]:
        """The record that counts, and the site.

        Raises:
            PlanRefused: where it must not be cloned.
        """
        found = (self._run.sites[name].read_record() for name in SITES)
        copies = [copy for copy in found if copy is not None]
        state, other = self._site.observe(), self._run.sites[self._other].observe()
        record = newest_known(copies, (state, other), self._run.clusters)
        problem = why_not(self._name, record, state=state, other=other)
        if record is None or problem:
            raise PlanRefused(unchanged(problem or ""))
        return record, state
