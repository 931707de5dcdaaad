"""The pictures of the report, as plotly figures."""

import plotly.graph_objects as go

from drill.report.distribution import Distribution
from drill.report.document import Timeline

INK, ACKNOWLEDGED, ARCHIVED, REPLAYED, MARK = "#1c2733", "#1f6feb", "#b7791f", "#1a7f4b", "#a3262a"
_FONT = {"family": "system-ui, sans-serif", "color": INK, "size": 13}


def timeline_figure(timeline: Timeline) -> go.Figure:
    """Rows acknowledged, archived and replayed over time, with what happened to the region."""
    figure = _figure(height=420, x="seconds since the first write", y="rows")
    at = [sample.at_seconds for sample in timeline.samples]
    for name, colour, rows in (
        ("acknowledged to the client", ACKNOWLEDGED, [s.acknowledged for s in timeline.samples]),
        ("in the archive", ARCHIVED, [s.archived for s in timeline.samples]),
        ("replayed in the other region", REPLAYED, [s.replayed for s in timeline.samples]),
    ):
        if any(count is not None for count in rows):
            figure.add_scatter(
                x=at, y=rows, name=name, mode="lines", line={"color": colour, "shape": "hv"}
            )
    for row, mark in enumerate(timeline.marks):
        figure.add_vline(x=mark.at_seconds, line={"color": MARK, "dash": "dot", "width": 1})
        figure.add_annotation(
            x=mark.at_seconds,
            y=1.02 + 0.06 * (row % 3),
            yref="paper",
            text=mark.name,
            showarrow=False,
            font={"color": MARK, "size": 12},
        )
    return figure


def distribution_figure(distribution: Distribution, colour: str) -> go.Figure:
    """Every measurement as a point, with the median and the worst one marked."""
    figure = _figure(height=190, x="seconds", y="")
    figure.add_box(
        x=distribution.values,
        boxpoints="all",
        pointpos=0,
        jitter=0.5,
        marker={"color": colour, "size": 8},
        line={"color": colour},
        fillcolor="rgba(0,0,0,0)",
        name="",
        hoverinfo="x",
    )
    figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(visible=False)
    figure.update_layout(showlegend=False, margin={"l": 20, "r": 20, "t": 10, "b": 45})
    return figure


def _figure(*, height: int, x: str, y: str) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        template="plotly_white",
        font=_FONT,
        height=height,
        margin={"l": 55, "r": 20, "t": 70, "b": 50},
        legend={"orientation": "h", "y": -0.2},
        hovermode="x unified",
        dragmode=False,
    )
    figure.update_xaxes(title=x)
    figure.update_yaxes(title=y, rangemode="tozero")
    return figure
