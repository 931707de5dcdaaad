"""What a plan leaves to do once its writer has acknowledged a write.

What always holds: these steps come after the point of no return, and none of them stops the plan.
A major upgrade leaves statistics, which take the user's own functions. After a failover, or its
release, the alias and the archive take the control planes of Route 53 and IAM, which live in
us-east-1, and that may be lost too (AWS Fault Isolation Boundaries, appendix A: no control plane
belongs in a recovery path). The restarts and the base backup take the survivor's operator; who is
told that the failover failed would look for a writer that is there. They stop the plan only where
that is not seen to write any more. What did not work is said at the end, and the same command does
it again.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from pgtwin.deadlines import ADMITTED_SECONDS
from pgtwin.errors import SiteError, StepTimedOut
from pgtwin.plan import Step
from pgtwin.run import Run
from pgtwin.steps import begin_backup_step, settle_step
from pgtwin.verdict import KEPT_OUT
from topology.site import SiteName, other_site


def alias_leftover(run: Run, to: SiteName) -> Step:
    """Let the name of the writer lead to the site `to`, in both regions if possible."""
    acts = {
        f"point the alias of {name}'s region at {to}": partial(run.sites[name].point_alias, to)
        for name in (to, other_site(to))
    }
    return leftover_step(
        run,
        acts,
        name="point the alias",
        changes=f"the writer's host name leads to {to} in both regions",
    )


def archive_leftover(run: Run, lost: SiteName, *, survivor: SiteName) -> Step:
    """Let the lost site archive no more under the name that is in the record, and the survivor
    under every name: an earlier failover may have closed its archive, and nobody opened it again.
    """

    def close() -> None:
        record = run.newest_record((survivor,))
        run.sites[lost].close_archive(record.server_names[lost])

    return leftover_step(
        run,
        {
            f"open the archive of {survivor}": run.sites[survivor].open_archive,
            f"close the archive of {lost}": close,
        },
        name="close the archive",
        changes=f"{lost}'s roles are denied every write to its archive and to the dumps, "
        f"{survivor}'s none",
    )


def clients_leftover(run: Run, to: SiteName) -> Step:
    """Say where the new writer still keeps clients out, once its machines had time to let them in.

    The write that ended the promotion did not pass the gate of any machine.
    """
    what = f"a machine of {to} keeps clients out - read: docs/operate.md, {KEPT_OUT!r}"

    def let_in() -> bool:
        state = run.observe(to)
        return state is None or state.clients_admitted is not False

    def act() -> None:
        try:
            run.wait_until(let_in, f"{to} lets clients in", ADMITTED_SECONDS)
        except StepTimedOut:
            run.left.append(what)
            run.tell(f"still to do: {what}")

    return Step(
        name="see clients let in",
        changes=f"nothing; says if {to} keeps clients out",
        undo="nothing to undo",
        act=act,
        leave=partial(_leave, run, f"see whether {to} lets clients in"),
    )


def open_leftover(run: Run, site: SiteName) -> Step:
    """Let the site that goes on archive under every name, whatever an older failover closed."""
    return leftover_step(
        run,
        {f"open the archive of {site}": run.sites[site].open_archive},
        name="open the archive",
        changes=f"nothing is denied to {site}'s roles any more",
    )


def settle_leftover(run: Run, site: SiteName) -> Step:
    """Let the operator restart the instances; `report` on the site does the part that must be."""
    return _while_it_writes(run, site, settle_step(run, site), f"settle {site}")


def backup_leftover(run: Run, site: SiteName) -> Step:
    """Begin a first base backup of the new timeline; the schedule takes one within a day too."""
    return _while_it_writes(run, site, begin_backup_step(run, site), f"a base backup of {site}")


def leftover_step(
    run: Run, acts: Mapping[str, Callable[[], None]], *, name: str, changes: str
) -> Step:
    """Each act by what it does; one that fails is told, and keeps no other from being done."""

    def act() -> None:
        for what, each in acts.items():
            _try(run, what, each)

    def leave(error: SiteError) -> None:
        for what in acts:
            _leave(run, what, error)

    return Step(name=name, changes=changes, undo="nothing to undo: repeat it", act=act, leave=leave)


def _while_it_writes(run: Run, site: SiteName, step: Step, what: str) -> Step:
    """The step; where it fails and the site is not seen to write, the plan stops."""

    def leave(error: SiteError) -> None:
        state = run.observe(site)
        if state is None or state.accepts_writes is not True:
            raise error
        _leave(run, what, error)

    return replace(step, act=lambda: _try(run, what, step.act, leave=leave), leave=leave)


def _try(
    run: Run,
    what: str,
    act: Callable[[], None],
    *,
    leave: Callable[[SiteError], None] | None = None,
) -> None:
    try:
        act()
    except SiteError as error:
        (leave or partial(_leave, run, what))(error)


def _leave(run: Run, what: str, error: SiteError) -> None:
    run.left.append(what)
    run.tell(f"still to do: {what}: {error}")
