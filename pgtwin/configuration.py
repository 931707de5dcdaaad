"""Edits of the configuration file that keep its comments and its order."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from topology.site import SiteName


def set_writer(path: Path, writer: str) -> str:
    """Make the file name the writer that is, where it can be written; says what to do with it."""
    document, write = _open(path)
    if document.get("writer") == writer:
        return f"{path} names {writer} as the writer already"
    document["writer"] = writer
    try:
        write()
    except OSError as error:
        return (
            f"{path} was not edited ({error}); the writer was moved all the same - "
            f"edit writer: to {writer} and commit it, so that the next deploy agrees"
        )
    return f"{path}: writer is {writer} now; commit it, so that the next deploy agrees"


def set_amis(path: Path, amis: "Mapping[SiteName, str]") -> None:
    """Pin each site's machine image."""
    document, write = _open(path)
    for site, ami in amis.items():
        document[site]["ami"] = ami
    write()


def set_machine(path: Path, site: "SiteName", node: str, generation: int, **own: str | None) -> str:
    """Let the next deployment replace a machine, with what is its `own`; says what was edited."""
    document, write = _open(path)
    machines = document[site].setdefault("machines", {})
    named = {key: value for key, value in own.items() if value}
    machines[node] = {"generation": generation, **named}
    write()
    return f"{path}: {site}.machines.{node} is of generation {generation} now"


def _open(path: Path) -> tuple[Any, Any]:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    document = yaml.load(path.read_text(encoding="utf-8"))

    def write() -> None:
        partial = path.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as file:
            yaml.dump(document, file)
        partial.replace(path)

    return document, write
