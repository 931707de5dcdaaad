"""A template of somebody else's, in the frame that every page has."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import plotly.offline
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

_FRAME = Path(__file__).parent


def page(
    template: Path,
    *,
    filters: Mapping[str, Callable[..., str]],
    tests: Mapping[str, Callable[[Any], bool]] = MappingProxyType({}),
    **values: Any,
) -> str:
    """The whole page; plotly's script is part of it (about 5 MB).

    The template extends `frame.html.j2` and fills its blocks `title` and `content`.
    """
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(template.parent), FileSystemLoader(_FRAME)]),
        autoescape=select_autoescape(["html", "j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters)
    environment.tests.update(tests)
    return environment.get_template(template.name).render(
        **values,
        style=Markup((_FRAME / "style.css").read_text(encoding="utf-8")),  # noqa: S704 (ours)
        plotly_script=Markup(plotly.offline.get_plotlyjs()),  # noqa: S704 (plotly's own source)
    )
