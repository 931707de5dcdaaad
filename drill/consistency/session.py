"""Runs one after the other on one pair of sites, for as long as the writer can be changed there."""

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from drill.consistency.checker import Checker
from drill.consistency.history import Elements, History
from drill.consistency.result import Counts, Result, judged
from drill.consistency.run import Drawn, play, settled
from drill.scenarios.stage import Stage
from drill.starvation.meter import Computer
from drill.twin import Twin

CARRIED = 15
"""How many lists of earlier runs are read again at the end of each."""
_log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Session:
    """Both sites, and the lists that earlier runs left there."""

    twin: Twin
    checker: Checker
    machine: Computer
    folder: Path
    tell: Callable[[str], None]
    lists: dict[str, Elements] = field(default_factory=dict)

    def play(self, numbers: Sequence[int]) -> Iterator[Result]:
        """Each run's result; the first one that is stuck is the last."""
        for number in numbers:
            result = self.play_one(number)
            yield result
            if result.verdict == "stuck":
                return

    def play_one(self, number: int, drawn: Drawn | None = None) -> Result:
        """One run; what goes wrong in it is its result. `drawn` is drawn where it is not given."""
        stage = Stage(twin=self.twin, folder=self.folder, tell=self.tell)
        began = time.monotonic()
        try:
            drawn = drawn or Drawn.for_run(number, settled(stage))
            self.tell(f"run {number}: {drawn.change.name}, {drawn.fault.name}")
            history = play(stage, number, drawn, self.lists)
            self.lists = dict([*history.ends().items()][-CARRIED:])
            verdict, said = judged(history, self.checker)
            counts = Counts.of(history)
            if verdict != "consistent":
                self._keep(number, history)
        except Exception as error:
            _log.exception("run %s", number)
            verdict, said, counts = "stuck", (f"{type(error).__name__}: {error}",), Counts()
        return Result(
            number=number,
            change=drawn.change.name if drawn else "none",
            fault=drawn.fault.name if drawn else "none",
            verdict=verdict,
            seconds=round(time.monotonic() - began, 1),
            counts=counts,
            said=said,
            starved=self.machine.load(began).starved,
        )

    def _keep(self, number: int, history: History) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(history), indent=1)
        (self.folder / f"history-{number}.json").write_text(text, encoding="utf-8")
