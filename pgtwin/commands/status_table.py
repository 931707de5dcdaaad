"""`pgtwin status` for people: the verdict, then both sites side by side, in 80 columns."""

from collections.abc import Callable
from typing import Any

from topology.site import SITES

Cell = Callable[[dict[str, Any]], Any]
WIDTH = 80


def status_text(document: dict[str, Any]) -> str:
    """The whole screen."""
    from io import StringIO

    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("", *SITES):
        table.add_column(title, overflow="fold")
    for label, cell in ROWS:
        table.add_row(label, *(_cell(document["sites"][name], cell) for name in SITES))
    text = StringIO()
    console = Console(file=text, width=WIDTH, highlight=False, markup=False)
    console.print(document["verdict"])
    console.print()
    console.print(table)
    if not document["records_agree"]:
        console.print("\nThe two regions' records differ; the next command renews the older one.")
    for name in SITES:
        for node in document["sites"][name].get("nodes") or ():
            if node.get("cordoned_by"):
                console.print(f"\n{_cordoned(name, node)}")
        for part, why in document["sites"][name].get("unknown", {}).items():
            console.print(f"\nnot known, {part} of {name}: {why}")
    return text.getvalue().rstrip()


def _cell(site: dict[str, Any], cell: Cell) -> str:
    if "unreachable" in site and cell is _role:
        return "answers, does no work" if site.get("hangs") else "does not answer"
    try:
        value = cell(site)
    except (KeyError, TypeError, IndexError, ValueError):  # absent, or the least of nothing
        return "-"
    return "-" if value is None else str(value)


def _role(site: dict[str, Any]) -> str:
    state = site["state"]
    if state["fenced"]:
        return f"{state['role']}, fenced"
    if state["accepts_writes"]:
        return "writer, commits hang" if state.get("commits_stalled") else "writer"
    if state["role"] == "writer":
        unknown = state["accepts_writes"] is None
        return "writer, does not answer" if unknown else "writer, does not accept writes"
    if state.get("recovery_paused"):
        return f"replica, {state['recovery_paused']}"
    return "replica, follows" if state["following"] else "replica, does not follow"


def _cordoned(site: str, node: dict[str, Any]) -> str:
    """Which machine takes no new pods, and the next command."""
    where = f"{node['name']} of {site} takes no new pods"
    if node["cordoned_by"] == "vacate":
        again = f"pgtwin replace --site {site} --machine {node['name']}"
        return f"{where}: a replacement is under way, or was interrupted; repeat it:\n{again}"
    return (
        f"{where}: an upgrade is under way, or was interrupted (repeat: pgtwin upgrade),\n"
        f"or somebody cordoned it; then, on a server: sudo k3s kubectl uncordon {node['name']}"
    )


def _arrives(site: dict[str, Any]) -> str | None:
    state = site["state"]
    if state.get("streams"):
        return "the stream"
    return "the archive" if state["following"] else None


def _age(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _first_expiry(site: dict[str, Any]) -> str:
    first = min(site["certificates"], key=lambda each: each["days_left"])
    return f"{first['days_left']:.0f} days ({first['name']})"


def _fullest(site: dict[str, Any]) -> str:
    return f"{max(each['used_percent'] for each in site['volumes']):.0f} %"


def _proved(site: dict[str, Any]) -> str | None:
    evidence = site["evidence"]
    return f"{_age(evidence['age_seconds'])} ago" if evidence["newest_at"] else "not yet"


ROWS: tuple[tuple[str, Cell], ...] = (
    ("role", _role),
    ("healthy", lambda site: "yes" if site["state"]["healthy"] else "no"),
    ("region", lambda site: site["region"]),
    ("instances", lambda site: _instances(site["cluster"])),
    ("timeline", lambda site: site["state"]["timeline"]),
    ("server name", lambda site: site["state"]["server_name"]),
    ("heartbeat age", lambda site: _age(site["state"]["heartbeat_age_seconds"])),
    ("last WAL archived", lambda site: site["postgres"]["last_archived_segment"]),
    ("arrives by", _arrives),
    ("written, replayed to", lambda site: site["postgres"]["lsn"]),
    ("base backup", lambda site: _ago(site["base_backups"]["newest_age_seconds"])),
    ("restorable from", lambda site: site["base_backups"]["restorable_from"]),
    ("dump", lambda site: _ago(site["dumps"]["newest_age_seconds"])),
    ("last verified restore", _proved),
    ("fullest volume", _fullest),
    ("certificates expire", _first_expiry),
    ("k3s", lambda site: ", ".join(sorted({each["version"] for each in site["nodes"]}))),
    ("record", lambda site: f"{site['record']['writer']}, epoch {site['record']['epoch']}"),
    ("alias leads to", lambda site: site["alias"]),
)


def _ago(seconds: float | None) -> str | None:
    age = _age(seconds)
    return None if age is None else f"{age} old"


def _instances(cluster: dict[str, Any]) -> str:
    return f"{cluster['ready_instances']} of {cluster['instances']} ready"
