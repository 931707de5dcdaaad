"""What all plots have in common; `style.css` has the colours that follow the reader's theme."""

import plotly.graph_objects as go
import plotly.io
from markupsafe import Markup

BLUE, AMBER, GREEN, RED = "#1f6feb", "#b7791f", "#1a7f4b", "#a3262a"
"""Of lines and points: legible on a light and on a dark page."""
_CLEAR = "rgba(0,0,0,0)"


def figure(*, height: int, x: str, y: str) -> go.Figure:
    """An empty figure with two named axes."""
    made = go.Figure()
    made.update_layout(
        template="plotly_white",
        font={"family": "system-ui, sans-serif", "size": 13},
        paper_bgcolor=_CLEAR,
        plot_bgcolor=_CLEAR,
        height=height,
        margin={"l": 55, "r": 20, "t": 70, "b": 50},
        legend={"orientation": "h", "y": -0.2},
        hovermode="x unified",
        dragmode=False,
    )
    made.update_xaxes(title=x)
    made.update_yaxes(title=y, rangemode="tozero")
    return made


def html(name: str, drawn: go.Figure) -> Markup:
    """The figure as a part of a page, in an element `plot-<name>`."""
    return Markup(  # noqa: S704 (made by plotly from numbers)
        plotly.io.to_html(
            drawn,
            full_html=False,
            include_plotlyjs=False,
            div_id=f"plot-{name}",
            config={"displayModeBar": False, "responsive": True},
        )
    )
