"""Both regions, deployed and alive, for everything that is played on them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drill.drill import Drill
from drill.grounds.embedded import EmbeddedGround
from drill.rehearsed_configuration import rehearsed
from drill.report.document import Report
from drill.scenarios import catalogue
from drill.starvation.load import Load
from drill.starvation.meter import Computer, Meter
from drill.twin import Twin
from drill.view import View
from tests.held import Held, hold

CONFIG = Path("config/default.yaml")


class HadTime:
    """A machine that excuses nothing: a fault is caught as such however busy this one is."""

    def load(self, since: float) -> Load:
        del since
        return Load(slowdown=1.0, write_seconds=0.0)


class Rehearsals:
    """Plays scenarios by name on one pair of sites."""

    def __init__(self, twin: Twin, meter: Meter) -> None:
        self.twin = twin
        self.meter = meter
        self._played = 0

    def play(self, *names: str, machine: Computer | None = None) -> Report:
        """One after the other; what a drill of these alone would report."""
        self._played += 1
        work = self.twin.work / f"play-{self._played}"
        view = View(lambda: None, sys.stderr)
        machine = machine or self.meter
        drill = Drill(twin=self.twin, view=view, work=work, machine=machine, asked=CONFIG)
        for name in names:
            drill.play(((catalogue.named(name),),))
        return drill.report(started=datetime.now(UTC), duration_seconds=0)


@pytest.fixture(scope="session")
def _regions(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Held[Rehearsals]]:
    @contextmanager
    def begin() -> Iterator[Rehearsals]:
        work = tmp_path_factory.mktemp("drill")
        ground = EmbeddedGround(rehearsed(CONFIG, work), work, lambda line: None)
        with Meter(work) as meter, Twin(ground, work) as twin:
            yield Rehearsals(twin, meter)

    held = Held(begin)
    hold(request.session, "drill", held)
    yield held
    held.end()


@pytest.fixture
def rehearsals(_regions: Held[Rehearsals]) -> Rehearsals:
    """The default configuration; tests that ask for it belong to the xdist group `drill`."""
    return _regions.get()
