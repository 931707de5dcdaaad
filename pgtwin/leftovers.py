"""What a failover leaves to do once its writer has acknowledged a write.

What always holds: these steps come after the promotion, and none of them stops the plan. They take
the control planes of Route 53 and IAM, which live in us-east-1, and that region may be lost too
(AWS Fault Isolation Boundaries, appendix A: no control plane belongs in a recovery path). What did
not work is said at the end, and the same command does it again.
"""

from collections.abc import Callable, Mapping
from functools import partial

from pgtwin.errors import SiteError
from pgtwin.run import Run
from pgtwin.step import Step
from topology.site import SiteName, other_site


def alias_leftover(run: Run, to: SiteName) -> Step:
    """Let the name of the writer lead to the site `to`, in both regions if possible."""
    acts = {
        f"point the alias of {name}'s region at {to}": partial(run.sites[name].point_alias, to)
        for name in (to, other_site(to))
    }
    return _step(
        run,
        acts,
        name="point the alias",
        changes=f"the writer's host name leads to {to} in both regions",
    )


def archive_leftover(run: Run, lost: SiteName, *, survivor: SiteName) -> Step:
    """Let the lost site archive no more under the name that is in the record."""

    def close() -> None:
        record = run.newest_record((survivor,))
        run.sites[lost].close_archive(record.server_names[lost])

    return _step(
        run,
        {f"close the archive of {lost}": close},
        name="close the archive",
        changes=f"{lost}'s roles are denied every write to its archive and to the dumps",
    )


def _step(run: Run, acts: Mapping[str, Callable[[], None]], *, name: str, changes: str) -> Step:
    def act() -> None:
        for what, each in acts.items():
            try:
                each()
            except SiteError as error:
                run.left.append(what)
                run.tell(f"still to do: {what}: {error}")

    return Step(name=name, changes=changes, undo="nothing to undo: repeat it", act=act)
