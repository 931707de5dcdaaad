"""What `pgtwin` tells of one site, line by line, from the document that the site answers with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Cell = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line; `part` is the key of the document that it is made from."""

    label: str
    part: str
    cell: Cell
    none: str | None = None
    """What it means where nothing failed and there is no cell; None: that it is unknown."""

    def read(self, site: Mapping[str, Any]) -> Any:
        """The cell; None where the site did not give it."""
        try:
            return self.cell(site)
        except (KeyError, TypeError, IndexError, ValueError):  # absent, or the least of nothing
            return None


def _role(site: Mapping[str, Any]) -> str:
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


def _arrives(site: Mapping[str, Any]) -> str | None:
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


def _first_expiry(site: Mapping[str, Any]) -> str:
    first = min(site["certificates"], key=lambda each: each["days_left"])
    return f"{first['days_left']:.0f} days ({first['name']})"


def _fullest(site: Mapping[str, Any]) -> str:
    return f"{max(each['used_percent'] for each in site['volumes']):.0f} %"


def _verified(site: Mapping[str, Any]) -> str | None:
    evidence = site["evidence"]
    return f"{_age(evidence['age_seconds'])} ago" if evidence["newest_at"] else "not yet"


def _ago(seconds: float | None) -> str | None:
    age = _age(seconds)
    return None if age is None else f"{age} old"


def _instances(site: Mapping[str, Any]) -> str:
    cluster, standbys = site["cluster"], site.get("standbys") or {}
    ready = f"{cluster['ready_instances']} of {cluster['instances']} ready"
    if standbys.get("not_streaming"):
        ready += f", {standbys['not_streaming']} not streaming"
    return f"{ready}; operator paused" if cluster.get("paused") else ready


def _archive(site: Mapping[str, Any]) -> str:
    postgres, hours = site["postgres"], site.get("wal_hours_left")
    waiting = postgres["archive_backlog_segments"]
    if postgres["archive_wait_seconds"] < _WAITS_SECONDS:
        return "keeps up"
    full = "" if hours is None else f", full in {_age(hours * 3600)}"
    return f"{waiting} wait{'s' if waiting == 1 else ''}{full}"


_WAITS_SECONDS = 60.0
"""A segment that waits for less is on its way."""
_NO_BASE_BACKUP = "none is finished yet"
ROWS = (
    Row(label="role", part="state", cell=_role),
    Row(
        label="healthy",
        part="state",
        cell=lambda site: "yes" if site["state"]["healthy"] else "no",
    ),
    Row(label="region", part="region", cell=lambda site: site["region"]),
    Row(label="instances", part="cluster", cell=_instances),
    Row(label="timeline", part="state", cell=lambda site: site["state"]["timeline"]),
    Row(label="server name", part="state", cell=lambda site: site["state"]["server_name"]),
    Row(
        label="heartbeat age",
        part="state",
        cell=lambda site: _age(site["state"]["heartbeat_age_seconds"]),
    ),
    Row(
        label="last WAL archived",
        part="postgres",
        cell=lambda site: site["postgres"]["last_archived_segment"],
        none="none yet",
    ),
    Row(label="WAL for the archive", part="postgres", cell=_archive),
    Row(label="arrives by", part="state", cell=_arrives, none="nothing arrives here"),
    Row(label="written, replayed to", part="postgres", cell=lambda site: site["postgres"]["lsn"]),
    Row(
        label="base backup",
        part="base_backups",
        cell=lambda site: _ago(site["base_backups"]["newest_age_seconds"]),
        none=_NO_BASE_BACKUP,
    ),
    Row(
        label="restorable from",
        part="base_backups",
        cell=lambda site: site["base_backups"]["restorable_from"],
        none=_NO_BASE_BACKUP,
    ),
    Row(label="dump", part="dumps", cell=lambda site: _ago(site["dumps"]["newest_age_seconds"])),
    Row(
        label="etcd snapshot",
        part="etcd_snapshots",
        cell=lambda site: _ago(site["etcd_snapshots"]["newest_age_seconds"]),
    ),
    Row(label="last verified restore", part="evidence", cell=_verified),
    Row(label="fullest volume", part="volumes", cell=_fullest),
    Row(label="certificates expire", part="certificates", cell=_first_expiry),
    Row(
        label="k3s",
        part="nodes",
        cell=lambda site: ", ".join(sorted({each["version"] for each in site["nodes"]})),
    ),
    Row(
        label="record",
        part="record",
        cell=lambda site: f"{site['record']['writer']}, epoch {site['record']['epoch']}",
        none="none: nothing was promoted yet",
    ),
    Row(label="alias leads to", part="alias", cell=lambda site: site["alias"], none="nowhere"),
)
