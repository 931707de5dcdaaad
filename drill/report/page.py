"""The drill's report: report.json and one HTML file that needs nothing else."""

from pathlib import Path

import plotly.graph_objects as go
from markupsafe import Markup

from drill.report.document import Report
from drill.report.plots import (
    ACKNOWLEDGED,
    REPLAYED,
    distribution_figure,
    modes_figure,
    timeline_figure,
)
from pgtwin.page.page import page
from pgtwin.page.plots import html

_TEMPLATE = Path(__file__).with_name("report.html.j2")


def render(report: Report) -> str:
    """The whole page."""
    filters = {"seconds": _seconds, "milliseconds": _milliseconds}
    return page(_TEMPLATE, filters=filters, report=report, plots=_plots(report))


def write(report: Report, folder: Path) -> Path:
    """Leave report.json and report.html in `folder`; return the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(report.model_dump_json(indent=2), encoding="utf-8")
    path = folder / "report.html"
    path.write_text(render(report), encoding="utf-8")
    return path


def _plots(report: Report) -> dict[str, Markup]:
    plots: dict[str, go.Figure] = {}
    if report.timeline:
        plots["timeline"] = timeline_figure(report.timeline)
    if report.rpo_seconds.n:
        plots["rpo"] = distribution_figure(report.rpo_seconds, ACKNOWLEDGED)
    if report.rto_seconds.n:
        plots["rto"] = distribution_figure(report.rto_seconds, REPLAYED)
    modes = {f"{name}, {by}": each.rpo_seconds for by, name, each in report.losses_per_mode}
    if modes:
        plots["modes"] = modes_figure(modes)
    return {name: html(name, drawn) for name, drawn in plots.items()}


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def _milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f} s"
