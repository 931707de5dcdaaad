"""A run of the real plans over the model's sites, for one test."""

from collections.abc import Callable

from pgtwin.clock import Clock
from pgtwin.run import Confirm, Run
from pgtwin.site import Site
from tests.pgtwin.model.model_site import Cell, ModelSite
from tests.pgtwin.model.search import ModelClock
from tests.pgtwin.model.world import NAMES
from topology.site import SITES, SiteName


def model_run(
    cell: Cell,
    *,
    what: str,
    site: Callable[[SiteName, Cell], Site] = ModelSite,
    clock: Clock | None = None,
    tell: Callable[[str], None] = lambda _: None,
    confirm: Confirm = lambda *_: None,
) -> Run:
    """Every confirmation is given and no line is kept, unless a test wants it."""
    return Run(
        id="r",
        owner="somebody",
        what=what,
        sites={name: site(name, cell) for name in SITES},
        clusters=NAMES,
        clock=clock or ModelClock(cell),
        tell=tell,
        confirm=confirm,
    )
