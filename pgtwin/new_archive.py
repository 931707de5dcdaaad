"""The server name of a site's new archive, in the record of both regions."""

from pgtwin.run import Run
from topology.site import SITES, SiteName


def record_archive(run: Run, site: SiteName, server_name: str) -> None:
    """Give `site` that name in a new epoch, unless it has it."""
    newest = run.newest_record(SITES)
    if newest.server_names[site] != server_name:
        newest = newest.recloned(site, server_name, by=run.by, since=run.timestamp())
    run.write_record(newest, SITES)


def is_recorded(run: Run, site: SiteName, server_name: str) -> bool:
    """Whether both regions' copies have it; without a copy each site has its configured name."""
    copies = [run.sites[each].read_record() for each in SITES]
    if copies == [None, None]:
        return server_name == run.clusters[site]
    return all(copy is not None and copy.server_names[site] == server_name for copy in copies)
