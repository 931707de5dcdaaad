"""The report as one HTML file that needs nothing else."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import plotly.graph_objects as go
from markupsafe import Markup

from pgtwin.page.page import page
from pgtwin.page.plots import AMBER, BLUE, RED, figure, html
from pgtwin.report.document import Report
from pgtwin.report.lag import Lag, first_step
from pgtwin.report.unknown import Unknown
from topology.site import SiteName

_TEMPLATE = Path(__file__).with_name("report.html.j2")
_COLOURS = {"primary": BLUE, "dr": AMBER}
VERIFICATIONS = 8
"""As many as two months have."""


def render(report: Report) -> str:
    """The whole page."""
    return page(
        _TEMPLATE,
        filters={"moment": _moment, "seconds": _seconds, "span": _span},
        tests={"known": lambda value: not isinstance(value, Unknown)},
        report=report,
        lag=_lag(report),
        newest_verifications=VERIFICATIONS,
    )


def _lag(report: Report) -> Markup | None:
    lags = {name: site.lag for name, site in report.sites.items() if isinstance(site.lag, Lag)}
    return html("lag", _figure(report, lags)) if lags else None


def _figure(report: Report, lags: Mapping[SiteName, Lag]) -> go.Figure:
    drawn = figure(height=380, x="", y="seconds")
    for name, lag in lags.items():
        role = "replica" if name == report.replica else "writer"
        drawn.add_scatter(
            x=lag.starts,
            y=lag.seconds,
            name=f"{name} ({role})",
            mode="lines+markers",
            marker={"size": 3},
            line={"color": _COLOURS[name], "shape": "hv"},
            connectgaps=False,
        )
    drawn.add_hline(
        y=report.lag_alarm_seconds,
        line={"color": RED, "dash": "dot", "width": 1},
        annotation={"text": "alarm heartbeat-age", "font": {"size": 12}},
        annotation_position="top left",
    )
    drawn.update_xaxes(range=[first_step(report.at), report.at])
    drawn.update_layout(margin={"t": 25})
    return drawn


def _moment(value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M} UTC"


def _seconds(value: float) -> str:
    return f"{value:,.0f} s"


def _span(value: timedelta) -> str:
    hours, rest = divmod(value, timedelta(hours=1))
    return f"{hours} h {rest // timedelta(minutes=1)} min"
