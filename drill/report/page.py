"""The report as one HTML file that needs nothing else, not even a network."""

from pathlib import Path

import plotly.graph_objects as go
import plotly.io
import plotly.offline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from drill.report.document import Report
from drill.report.plots import ACKNOWLEDGED, REPLAYED, distribution_figure, timeline_figure

_TEMPLATES = Path(__file__).parent


def render(report: Report) -> str:
    """The whole page; plotly's script is part of it (about 5 MB)."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html", "j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["seconds"] = _seconds
    environment.filters["milliseconds"] = _milliseconds
    return environment.get_template("report.html.j2").render(
        report=report,
        plotly_script=Markup(plotly.offline.get_plotlyjs()),  # noqa: S704 (plotly's own source)
        plots=_plots(report),
    )


def write(report: Report, folder: Path) -> Path:
    """Leave report.json and report.html in `folder`; return the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(report.model_dump_json(indent=2), encoding="utf-8")
    page = folder / "report.html"
    page.write_text(render(report), encoding="utf-8")
    return page


def _plots(report: Report) -> dict[str, Markup]:
    plots: dict[str, go.Figure] = {}
    if report.timeline:
        plots["timeline"] = timeline_figure(report.timeline)
    if report.rpo_seconds.n:
        plots["rpo"] = distribution_figure(report.rpo_seconds, ACKNOWLEDGED)
    if report.rto_seconds.n:
        plots["rto"] = distribution_figure(report.rto_seconds, REPLAYED)
    return {name: _html(name, figure) for name, figure in plots.items()}


def _html(name: str, figure: go.Figure) -> Markup:
    return Markup(  # noqa: S704 (made by plotly from numbers)
        plotly.io.to_html(
            figure,
            full_html=False,
            include_plotlyjs=False,
            div_id=f"plot-{name}",
            config={"displayModeBar": False, "responsive": True},
        )
    )


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def _milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f} s"
