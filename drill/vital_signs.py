"""How the two sites are at this moment, for the live view."""

from dataclasses import dataclass

import psycopg

from drill.operator.instance import Instance
from drill.twin import Twin

_SIGNS = """
SELECT CASE WHEN pg_is_in_recovery() THEN 'follows' ELSE 'writes' END,
  (SELECT timeline_id FROM pg_control_checkpoint()),
  CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
  (SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready')
"""


@dataclass(frozen=True, kw_only=True)
class SiteSigns:
    """One site, as words for a table."""

    name: str
    role: str
    timeline: str = ""
    position: str = ""
    """Written or replayed up to this LSN."""
    backlog: str = ""
    """Segments that wait to be archived."""


@dataclass(frozen=True, kw_only=True)
class VitalSigns:
    """Both sites, and the traffic."""

    sites: tuple[SiteSigns, ...]
    rows_a_second: float


def look(twin: Twin) -> VitalSigns:
    """Look at both sites; one that does not answer is shown as that."""
    sites = []
    for name, site in twin.sites.items():
        controller = site.operator.controller(site.cluster)
        primary = controller.primary if controller else None
        if not site.powered:
            sites.append(SiteSigns(name=name, role="no power"))
        elif primary is None or not primary.running:
            sites.append(SiteSigns(name=name, role="no database"))
        else:
            sites.append(_ask(name, primary))
    return VitalSigns(
        sites=tuple(sites), rows_a_second=twin.writers[-1].rows_a_second() if twin.writers else 0.0
    )


def _ask(name: str, primary: Instance) -> SiteSigns:
    try:
        ((role, timeline, position, backlog),) = primary.query(_SIGNS)
    except psycopg.Error:
        return SiteSigns(name=name, role="does not answer")
    return SiteSigns(
        name=name, role=role, timeline=str(timeline), position=str(position), backlog=str(backlog)
    )
