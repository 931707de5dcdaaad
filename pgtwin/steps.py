"""The steps that more than one plan takes."""

from pgtwin.errors import PlanRefused, SiteError
from pgtwin.plan import Step
from pgtwin.run import Run
from topology.site import SITES, SiteName

HEALTHY_SECONDS = 300.0
"""As long as a switchover gives the old writer to follow. A probe that a busy machine failed counts
for up to half a minute."""


START_SECONDS = 600.0
"""A machine's boot until the host program answers, with room for a slow status check."""


def start_step(run: Run, site: SiteName) -> Step:
    """A site answers as soon as one of its machines runs; EC2 is asked about all of them."""

    def act() -> None:
        run.sites[site].start()
        run.wait_until(lambda: run.observe(site) is not None, f"{site} answers", START_SECONDS)

    return Step(
        name="start the machines",
        changes=f"{site}'s machines run; PostgreSQL stays stopped there",
        undo="stop the instances",
        act=act,
    )


def alias_step(run: Run, to: SiteName) -> Step:
    """Let the name of the writer lead to the site `to`, in both regions."""

    def act() -> None:
        for name in SITES:
            run.sites[name].point_alias(to)

    def done() -> bool:
        return all(run.sites[name].alias() == to for name in SITES)

    return Step(
        name="point the alias",
        changes=f"the writer's host name leads to {to} in both regions",
        undo="the same step of a switchover back",
        act=act,
        done=done,
    )


def refuse_without_alias(run: Run) -> None:
    """Begin nothing that moves the writer while its host name cannot be moved with it.

    Raises:
        PlanRefused: where the alias of a region cannot even be read.
    """
    try:
        for name in SITES:
            run.sites[name].alias()
    except SiteError as error:
        raise PlanRefused(
            f"the writer's host name could not be moved, and would lead to a site that no longer "
            f"writes: {error}; nothing was changed - repeat later"
        ) from error


def settle_step(run: Run, site: SiteName) -> Step:
    """What remains of a promotion, after clients were led to the new writer.

    The operator restarts the instances now, one after the other.
    """
    return Step(
        name="settle",
        changes=f"{site}'s instances are restarted as a writer's, one after the other",
        undo="nothing to undo",
        act=run.sites[site].settle,
    )


def begin_backup_step(run: Run, site: SiteName) -> Step:
    """A first base backup of the new timeline, which nobody has to wait for.

    A restore does not need it: it can begin at any earlier one and cross into the new timeline.
    """

    def act() -> None:
        run.tell(f"base backup {run.sites[site].begin_backup()} is under way")

    return Step(
        name="begin a base backup",
        changes=f"one more base backup in {site}'s archive",
        undo="nothing to undo; retention removes it",
        act=act,
    )


def both_healthy_step(run: Run) -> Step:
    """Wait for both sites: what may follow, such as a switchover, wants them whole."""

    def healthy() -> bool:
        states = [run.observe(name) for name in SITES]
        return all(state is not None and state.healthy for state in states)

    return Step(
        name="both sites healthy",
        changes="nothing; waits until both sites are healthy",
        undo="nothing to undo",
        act=lambda: run.wait_until(healthy, "both sites are healthy", HEALTHY_SECONDS),
        done=healthy,
    )
