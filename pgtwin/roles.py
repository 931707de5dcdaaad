"""Who writes where there is no record: nothing was ever promoted, and the sites' roles tell."""

from collections.abc import Collection, Iterable, Mapping

from pgtwin.errors import SiteError
from pgtwin.record import Record
from pgtwin.site import Site
from pgtwin.site_state import SiteState
from topology.site import SiteName


def answering(sites: Iterable[Site]) -> list[SiteState]:
    """A look at each that answers.

    Raises:
        SiteError: where none does.
    """
    states: list[SiteState] = []
    silence: list[SiteError] = []
    for site in sites:
        try:
            states.append(site.observe())
        except SiteError as error:
            silence.append(error)
    if not states:
        raise silence[0]
    return states


def by_role(states: Collection[SiteState], clusters: Mapping[SiteName, str]) -> list[Record]:
    """The record of epoch 0 as each of `states` has it; `clusters` are the configured names."""
    names = dict(clusters) | {state.site: state.server_name for state in states}
    return [Record(epoch=0, writer=state.named_writer, server_names=names) for state in states]
