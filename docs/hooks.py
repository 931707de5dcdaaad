"""For `make docs`: what mkdocs does not do by itself."""

import re
from pathlib import Path
from typing import Any

_CELL = re.compile(r"<td[ >].*?</td>", re.DOTALL)
_RUNBOOKS = Path(__file__).parent / "runbooks"


def on_config(config: Any) -> Any:
    """The runbooks at the end of the navigation, by the names of their alarms."""
    pages = [{page.stem: f"runbooks/{page.name}"} for page in sorted(_RUNBOOKS.glob("*.md"))]
    config.nav.append({"Runbooks": pages})
    return config


def on_page_markdown(markdown: str, **_more: object) -> str:
    """The site's parser takes a fence with two words for no fence at all.

    `console aws` marks, for the tests, a block that needs AWS; readers of the site see `console`.
    """
    return markdown.replace("```console aws\n", "```console\n")


def on_page_content(html: str, **_more: object) -> str:
    """A path in a cell may break behind each slash; site.css keeps it whole elsewhere."""

    def breakable(cell: re.Match[str]) -> str:
        return re.sub(r"(?<=<code>)[^<]+", lambda code: code[0].replace("/", "/<wbr>"), cell[0])

    return _CELL.sub(breakable, html)
