"""The unplanned change of the writer.

What always holds:

1. No promotion happens before every way to fence the old writer was tried and its result shown, nor
   while it may write as far as anybody can see (`pgtwin/old_writer.py`).
2. The record moves after that and before the promotion, to a new epoch without a token, unless the
   survivor was promoted in the newest one already. So a failover never leaves a switchover's token
   behind, and the survivor's machines see their copy rise, which lets clients in while the other
   region is silent. It is the fence that always works, because
   it is in the survivor's region: every machine of the old site reads it every 2 s, and within 6 s
   where its own region takes calls and does not answer. It keeps clients out once the record names
   the other site (host/gate/), and starts no PostgreSQL any more. So the record moves before a
   machine that EC2 is still stopping is waited for. A region that did not answer gets its copy
   before its machines are started again (failback). A region that reaches nobody outside may still
   serve clients inside; those rows are lost, and nobody ever replays them: the survivor reads its
   own archive from here on.
3. A site that was itself fenced is never promoted: its data is not the newest.
4. What may be lost is measured and confirmed first, wherever the survivor does not accept writes
   yet: the age of the newest heartbeat row that arrived. The word is for what was shown, and for
   two minutes. An old writer that lives may write until the fence, so the loss is measured again
   behind it, and one that is larger than what was allowed is promoted by nobody.
5. Nothing is deleted. Until the promotion `failback --release` is the way back, and `failback`
   after it. Every step is safe to repeat.
6. From the confirmation to the first acknowledged write nothing is asked in any region but those of
   the two sites, and no control plane is needed there: where EC2 does not answer, Session Manager
   says which machines there are, and an old writer that answers is not taken for a quiet one. The
   alias and the archive's fence need us-east-1; they follow, as do the restarts and a base backup.
   None of them stops the plan while the writer writes, and what did not work is said
   (pgtwin/leftovers.py).
"""

from pgtwin.failover_check import Check
from pgtwin.leftovers import (
    alias_leftover,
    archive_leftover,
    backup_leftover,
    clients_leftover,
    settle_leftover,
)
from pgtwin.old_writer import OldWriter
from pgtwin.plan import Plan, Step
from pgtwin.run import Run
from pgtwin.vouching import beyond_the_unseen
from topology.site import SiteName, other_site


def failover(
    run: Run,
    to: SiteName,
    *,
    cluster: str,
    lose_up_to_seconds: float | None = None,
    synchronous: bool = False,
) -> Plan:
    """Make `to` the writer without the other site.

    The loss is confirmed by typing `cluster`, or beforehand by `lose_up_to_seconds`. `synchronous`:
    commits were to wait for `to`; that changes what is said of the loss, and nothing else.
    """
    lost = other_site(to)
    check = Check(
        run,
        lost=lost,
        survivor=to,
        cluster=cluster,
        limit=lose_up_to_seconds,
        synchronous=synchronous,
    )
    old_writer = OldWriter(run, lost, survivor=to)
    steps = _Steps(run, old_writer, lost=lost, survivor=to, check=check)
    return Plan(
        what=f"failover to {to}",
        steps=(
            check.step(),
            steps.fence(),
            steps.record(),
            old_writer.look_again(),
            check.again(),
            steps.promote(),
            alias_leftover(run, to),
            archive_leftover(run, lost, survivor=to),
            clients_leftover(run, to),
            settle_leftover(run, to),
            backup_leftover(run, to),
        ),
        repeat=f"pgtwin failover --to {to}",
    )


class _Steps:
    """The steps from `lost` to `survivor`."""

    def __init__(
        self, run: Run, old_writer: OldWriter, *, lost: SiteName, survivor: SiteName, check: Check
    ) -> None:
        self._run = run
        self._old_writer = old_writer
        self._lost_name: SiteName = lost
        self._name: SiteName = survivor
        self._survivor = run.sites[survivor]
        self._check = check

    def fence(self) -> Step:
        def act() -> None:
            self._check.renew()
            if self._old_writer.fence() or self._old_writer.power() == "stopping":
                return
            self._run.tell(
                f"no machine of {self._lost_name} could be stopped from here. They keep clients "
                f"out as soon as they read the record of {self._name}'s region; until then keep "
                "applications away from them"
            )

        return Step(
            name="fence",
            changes=f"{self._lost_name}'s machines stop, if its region answers",
            undo=f"pgtwin failback --site {self._lost_name} --release",
            act=act,
        )

    def record(self) -> Step:
        def act() -> None:
            newest = self._run.newest_record((self._name,))
            if self._run.vouched:
                newest = beyond_the_unseen(newest)
            moved = self._run.handed(newest, self._name, None)
            self._run.if_it_answers(
                self._lost_name, lambda site: self._run.write_record(moved, (site.name,))
            )
            self._run.write_record(moved, (self._name,))

        return Step(
            name="move the record",
            changes=f"the record names {self._name}, in {self._lost_name}'s region if it answers",
            undo=f"pgtwin failback --site {self._lost_name} --release",
            act=act,
            done=lambda: not self._run.vouched and self._was_promoted(),
        )

    def promote(self) -> Step:
        def done() -> bool:
            return self._was_promoted() and self._survivor.observe().accepts_writes is True

        return Step(
            name="promote",
            changes=f"{self._name} accepts writes, with all that had arrived",
            undo=f"pgtwin failback --site {self._lost_name}, which ends with a switchover",
            act=lambda: self._survivor.promote(None),
            done=done,
        )

    def _was_promoted(self) -> bool:
        """Whether the survivor was promoted in the newest epoch, and that epoch permits it.

        Its own copy alone is not enough: it heeds a newer one of the other region.
        """
        if self._run.was_replica:
            return False
        own = self._survivor.read_record()
        if own is None or own.writer != self._name or own.token is not None:
            return False
        if self._run.newest_record((self._name,)) != own:
            return False
        state = self._survivor.observe()
        return state.role == "writer" and state.promoted_in_epoch == own.epoch
