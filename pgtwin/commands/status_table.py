"""`pgtwin status` for people: the verdict, then both sites side by side, in 80 columns."""

from collections.abc import Iterator
from typing import Any

from pgtwin.commands.site_rows import ROWS, Row
from topology.site import SITES

WIDTH = 80


def status_text(document: dict[str, Any]) -> str:
    """The whole screen."""
    from io import StringIO

    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("", *SITES):
        table.add_column(title, overflow="fold")
    for row in ROWS:
        table.add_row(row.label, *(_cell(document["sites"][name], row) for name in SITES))
    text = StringIO()
    console = Console(file=text, width=WIDTH, highlight=False, markup=False)
    console.print(document["verdict"])
    console.print()
    console.print(table)
    for name in SITES:
        site = document["sites"][name]
        for told in (*_of_machines(name, site), *_of_tablespaces(name, site)):
            console.print(f"\n{told}")
        for part, why in site.get("unknown", {}).items():
            console.print(f"\nnot known, {part} of {name}: {why}")
    return text.getvalue().rstrip()


def _cell(site: dict[str, Any], row: Row) -> str:
    if "unreachable" in site and row.label == "role":
        return "answers, does no work" if site.get("hangs") else "does not answer"
    value = row.read(site)
    return "-" if value is None else str(value)


def _of_machines(name: str, site: dict[str, Any]) -> Iterator[str]:
    """What somebody has to do about a machine."""
    for node in site.get("nodes") or ():
        if node.get("cordoned_by"):
            yield _cordoned(name, node)
        if node.get("ready") and "bundle" in node and _is_behind(node, site.get("bundle")):
            yield _behind(name, node, site["bundle"])


def _of_tablespaces(name: str, site: dict[str, Any]) -> Iterator[str]:
    for each in (site.get("standbys") or {}).get("tablespaces") or ():
        yield (
            f"{name} has the tablespace {each}, outside PGDATA: standbys, the other site and "
            "restores stop at it. Move what it holds to pg_default, and drop it"
        )


def _is_behind(node: dict[str, Any], bundle: str | None) -> bool:
    return bundle is not None and (node["bundle"] != bundle or bool(node.get("k3s_waits")))


def _behind(site: str, node: dict[str, Any], bundle: str) -> str:
    """Which machine has not all of the newest bundle in force, and the next command."""
    where = f"{node['name']} of {site}"
    if node["bundle"] != bundle:
        return f"{where} has an older bundle; on it, run: sudo pgtwin-host refresh"
    return f"{where} has new settings of k3s, not yet in force; on it, run: sudo pgtwin-host boot"


def _cordoned(site: str, node: dict[str, Any]) -> str:
    """Which machine takes no new pods, and the next command."""
    where = f"{node['name']} of {site} takes no new pods"
    if node["cordoned_by"] == "vacate":
        again = f"pgtwin replace --site {site} --machine {node['name']}"
        return f"{where}: a replacement is under way, or was interrupted - repeat:\n{again}"
    return (
        f"{where}. If an upgrade was interrupted, repeat: pgtwin upgrade\n"
        f"If somebody cordoned it, on a server, run: sudo k3s kubectl uncordon {node['name']}"
    )
