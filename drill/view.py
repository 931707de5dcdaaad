"""What a person sees while a drill runs: live in a terminal, plain lines elsewhere."""

import logging
import time
from collections.abc import Callable
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from drill.report.document import ScenarioResult
from drill.vital_signs import VitalSigns

_log = logging.getLogger(__name__)
_WORDS = {"kept": "kept", "broken": "BROKEN", "starved": "STARVED", "not played": "not played"}
_STYLES = {"kept": "green", "broken": "red", "starved": "yellow", "not played": "yellow"}
_REFRESH_A_SECOND = 4
_KEPT_LINES = 8


class View:
    """Progress. A context manager; `vital_signs` is asked at every refresh of a terminal."""

    def __init__(self, vital_signs: Callable[[], VitalSigns | None], file: TextIO) -> None:
        self._console = Console(file=file)
        self._vital_signs = vital_signs
        self._began = time.monotonic()
        self._results: list[ScenarioResult] = []
        self._lines: list[str] = []
        self._now: dict[str, str] = {"": "starting"}
        self._live: Live | None = None
        if file.isatty():
            self._live = Live(
                get_renderable=self._render,
                console=self._console,
                refresh_per_second=_REFRESH_A_SECOND,
                transient=False,
            )

    def __enter__(self) -> "View":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()
        elif self._results:
            self._console.print(self._scenarios())

    def say(self, line: str) -> None:
        """Something happened."""
        self._lines = [*self._lines, f"{self._seconds():5.0f} s  {line}"][-_KEPT_LINES:]
        if not self._live:
            # A file or a pipe has no width: who reads it breaks the lines.
            self._console.print(self._lines[-1], markup=False, highlight=False, soft_wrap=True)

    def begin(self, name: str, promise: str) -> None:
        """A scenario begins."""
        self._now.pop("", None)
        self._now[name] = promise
        self.say(f"{name}: {promise}")

    def end(self, result: ScenarioResult) -> None:
        """A scenario ended."""
        self._results.append(result)
        self._now.pop(result.name, None)
        problem = result.reason or result.details.get("problem", "")
        self.say(f"{_WORDS[result.outcome]}: {result.name} {_measured(result)} {problem}".rstrip())
        if result.outcome == "starved":
            self.say(f"{result.name}: {result.machine}")

    def _render(self) -> Group:
        parts: list[object] = [self._scenarios()] if self._results else []
        signs = self._look()
        if signs:
            parts.append(_sites(signs))
        parts.append(Text("\n".join(self._lines), style="dim"))
        now = [f"{name}: {promise}" if name else promise for name, promise in self._now.items()]
        parts.append(Spinner("dots", Text(f"{self._seconds():4.0f} s  " + "\n        ".join(now))))
        return Group(*parts)  # type: ignore[arg-type]

    def _look(self) -> VitalSigns | None:
        try:
            return self._vital_signs()
        except Exception:  # a site that is being lost may fail in any way; the scenario judges it
            _log.exception("vital signs")
            return None

    def _scenarios(self) -> Table:
        table = Table(box=None, padding=(0, 2))
        for column in ("", "scenario", "measured", "bound", "lost", "phantom"):
            table.add_column(column)
        for result in self._results:
            table.add_row(
                Text(result.outcome, style=_STYLES[result.outcome]),
                result.name,
                _seconds(result.measured_seconds),
                _seconds(result.bound_seconds),
                str(result.lost),
                str(result.phantom),
            )
        return table

    def _seconds(self) -> float:
        return time.monotonic() - self._began


def _sites(signs: VitalSigns) -> Panel:
    table = Table(box=None, padding=(0, 2))
    for column in ("site", "role", "timeline", "replayed", "backlog"):
        table.add_column(column)
    for site in signs.sites:
        table.add_row(site.name, site.role, site.timeline, site.position, site.backlog)
    return Panel(table, title=f"{signs.rows_a_second:.0f} rows/s", title_align="left")


def _measured(result: ScenarioResult) -> str:
    if result.measured_seconds is None:
        return ""
    return f"{_seconds(result.measured_seconds)} of {_seconds(result.bound_seconds)}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"
