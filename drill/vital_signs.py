"""How the two sites are at this moment, for the live view."""

from dataclasses import dataclass

from drill.ground_site import NoAnswer, Site
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
    rate = twin.writers[-1].rows_a_second() if twin.writers else 0.0
    return VitalSigns(sites=tuple(_signs(site) for site in twin.sites.values()), rows_a_second=rate)


def _signs(site: Site) -> SiteSigns:
    if not site.powered:
        return SiteSigns(name=site.name, role="no power")
    try:
        ((role, timeline, position, backlog),) = site.databases.rows(_SIGNS)
    except NoAnswer:
        return SiteSigns(name=site.name, role="does not answer")
    return SiteSigns(
        name=site.name,
        role=role,
        timeline=str(timeline),
        position=str(position),
        backlog=str(backlog),
    )
