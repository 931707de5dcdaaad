"""The pictures of the report, as plotly figures."""

from collections.abc import Mapping

import plotly.graph_objects as go

from drill.report.distribution import Distribution
from drill.report.document import Timeline
from pgtwin.page.plots import AMBER, BLUE, GREEN, RED, figure

ACKNOWLEDGED, ARCHIVED, REPLAYED, MARK = BLUE, AMBER, GREEN, RED


def timeline_figure(timeline: Timeline) -> go.Figure:
    """Rows acknowledged, archived and replayed over time, with what happened to the region."""
    drawn = figure(height=420, x="seconds since the first write", y="rows")
    at = [sample.at_seconds for sample in timeline.samples]
    for name, colour, rows in (
        ("acknowledged to the client", ACKNOWLEDGED, [s.acknowledged for s in timeline.samples]),
        ("in the archive", ARCHIVED, [s.archived for s in timeline.samples]),
        ("replayed in the other region", REPLAYED, [s.replayed for s in timeline.samples]),
    ):
        if any(count is not None for count in rows):
            drawn.add_scatter(
                x=at, y=rows, name=name, mode="lines", line={"color": colour, "shape": "hv"}
            )
    for row, mark in enumerate(timeline.marks):
        drawn.add_vline(x=mark.at_seconds, line={"color": MARK, "dash": "dot", "width": 1})
        drawn.add_annotation(
            x=mark.at_seconds,
            y=1.02 + 0.06 * (row % 3),
            yref="paper",
            text=mark.name,
            showarrow=False,
            font={"color": MARK, "size": 12},
        )
    return drawn


def distribution_figure(distribution: Distribution, colour: str) -> go.Figure:
    """Every measurement as a point, with the median and the worst one marked."""
    drawn = figure(height=190, x="seconds", y="")
    _box(drawn, distribution, colour, name="")
    drawn.update_yaxes(visible=False)
    drawn.update_layout(showlegend=False, margin={"l": 20, "r": 20, "t": 10, "b": 45})
    return drawn


def modes_figure(distributions: Mapping[str, Distribution]) -> go.Figure:
    """A row per mode of replication, over one axis."""
    drawn = figure(height=80 + 60 * len(distributions), x="RPO, seconds", y="")
    for name, distribution in reversed(list(distributions.items())):
        _box(drawn, distribution, ACKNOWLEDGED, name=name)
    drawn.update_yaxes(automargin=True)
    drawn.update_layout(showlegend=False, margin={"l": 20, "r": 20, "t": 10, "b": 45})
    return drawn


def _box(drawn: go.Figure, distribution: Distribution, colour: str, *, name: str) -> None:
    drawn.add_box(
        x=distribution.values,
        boxpoints="all",
        pointpos=0,
        jitter=0.5,
        marker={"color": colour, "size": 8},
        line={"color": colour},
        fillcolor="rgba(0,0,0,0)",
        name=name,
        hoverinfo="x",
    )
    drawn.update_xaxes(rangemode="tozero")
