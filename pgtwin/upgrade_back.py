"""The way back of a major upgrade whose data is not converted: the old version, where it was.

Nothing was written since it was stopped, so nothing is lost. The site refuses it once the data is
converted; the plan is repeated then.
"""

from collections.abc import Callable

from pgtwin.plan import Step
from pgtwin.upgradable_site import UpgradableSite


def keep_step(writer: Callable[[], UpgradableSite]) -> Step:
    """Ask for the image again that the data is of, under the archive of before."""

    def act() -> None:
        writer().keep_old_version()

    return Step(
        name="keep the old version",
        changes="the writer asks for the image that its data is of",
        undo="nothing to undo",
        act=act,
    )


def start_old_step(writer: Callable[[], UpgradableSite]) -> Step:
    """Lift the upgrade's own fence."""

    def act() -> None:
        writer().start_upgraded()

    return Step(
        name="start the old version",
        changes="PostgreSQL of the writer accepts writes as before",
        undo="nothing to undo",
        act=act,
    )
