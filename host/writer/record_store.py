"""The record's two copies in SSM, one per region; read only."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from host.bundle.site_document import SiteDocument
from host.kubernetes.cluster import Cluster
from host.machine.machine import Machine
from host.machine.peer_region import PeerIsSilent, ask_peer
from host.writer.record import Record, newest
from host.writer.remembered_record import remembered
from host.writer.stored_record import stored_record

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Copy:
    """One region's; `record` is None also where what is there is none."""

    there: bool
    record: Record | None = None


class RecordStore:
    """The own region has to answer; the peer's may be lost, and then its copy does not count.

    Nor does a copy that is older than one that this machine has seen. A copy that cannot be read is
    no copy; where nothing else is known, nobody may conclude from that who writes. A peer that did
    not answer, or is known not to, is not asked again by the same store.
    """

    def __init__(
        self, machine: Machine, document: SiteDocument, *, peer_is_silent: bool = False
    ) -> None:
        self._machine = machine
        self._document = document
        self._peer_is_silent = peer_is_silent
        self._unreadable = False

    def newest(self, live: Cluster | None) -> Record:
        """The copy that counts, or epoch 0 as the Cluster `live` or the template has it."""
        own, peers = self._record(self._look(self._document.region)()), self._peers()
        found = that_counts(own, peers, remembered(self._machine.files))
        if found is None:
            initial = Record.initial(self._document, live)
            return replace(initial, contested=self._unreadable)
        return found

    def _peers(self) -> Record | None:
        if self._peer_is_silent:
            return None
        region = self._document.peer.region
        look = self._look(region)
        try:
            return self._record(ask_peer(look))
        except PeerIsSilent as silent:
            _log.warning("the record in %s cannot be read: %s", region, silent)
            self._peer_is_silent = True
            return None

    def _record(self, copy: _Copy) -> Record | None:
        self._unreadable |= copy.there and copy.record is None
        return copy.record

    def _look(self, region: str) -> Callable[[], _Copy]:
        client = self._machine.aws.client("ssm", region)
        parameter = self._document.parameters.record

        def look() -> _Copy:
            try:
                return _Copy(there=True, record=stored_record(client, parameter, region))
            except client.exceptions.ParameterNotFound:
                return _Copy(there=False)

        return look


def that_counts(own: Record | None, peers: Record | None, known: Record | None) -> Record | None:
    """Of the regions' copies and the one that was seen before; None where there is none."""
    found = newest(own, peers)
    if known is not None and (found is None or _was_overtaken(found, known)):
        _log.warning("another record of epoch %d was seen before: that one counts", known.epoch)
        return known
    return found


def _was_overtaken(found: Record, known: Record) -> bool:
    """Of two copies of one epoch the one that was there first counts: the other landed late."""
    if found.epoch != known.epoch:
        return found.epoch < known.epoch
    return found.writer != known.writer
