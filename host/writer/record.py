"""Who may write: the one fact that no template holds. `pgtwin` writes it, this program reads it.

What always holds:

* Of two copies the one of the higher epoch is the truth. Two copies of one epoch with different
  writers are contested: nobody is promoted, and no cluster is made, until `pgtwin` settled it.
* A copy that cannot be read is no copy, and is said loudly. Where it was the only one nothing is
  known: the record counts as contested then, so that it ends no guard and permits nothing.
* Without a copy anywhere it is epoch 0, and the Cluster that exists says who writes; only where
  there is none yet does the template. So an edit of the template never moves the writer.
"""

import json
import logging
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from host.archive.object_moment import written_moment
from host.bundle.site_document import SiteDocument
from host.kubernetes.cluster import Cluster

NO_PROMOTION = ""
"""A token that no promotion carries."""
_SERVER_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", re.ASCII)
"""A server name is a folder of the archive and part of an object's name."""
_EPOCHS = range(2**31)
_SITES = 2
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Record:
    """The record as far as a site needs it; docs/interfaces.md has the shape."""

    epoch: int
    writer: str
    server_names: dict[str, str] = field(hash=False)
    token: str | None = None
    """What a promotion in this epoch has to carry; None for one without a token."""
    contested: bool = False
    since: datetime | None = field(default=None, compare=False)
    """When this epoch began; None where the copy does not say it."""

    @classmethod
    def parse(cls, text: str) -> "Record":
        """Read a copy.

        Raises:
            ValueError: where it is none; the message names the field.
        """
        document = _object(text)
        epoch, writer = document.get("epoch"), document.get("writer")
        names, token = document.get("server_names"), document.get("token")
        if type(epoch) is not int or epoch not in _EPOCHS:
            raise ValueError(f"epoch: a whole number, not {epoch!r:.40}")
        if not isinstance(names, dict) or not all(map(_is_server_name, names.values())):
            raise ValueError(f"server_names: a name for each site, not {names!r:.80}")
        if not isinstance(writer, str) or writer not in names or len(names) != _SITES:
            raise ValueError(f"writer: one of the two sites, not {writer!r:.40}")
        if not isinstance(token, str | None):
            raise ValueError("token: a text or nothing")
        since = _moment(document.get("since"))
        return cls(epoch=epoch, writer=writer, server_names=names, token=token, since=since)

    @classmethod
    def readable(cls, text: str, where: str) -> "Record | None":
        """Read a copy; None, and a line in the log, where it is none."""
        try:
            return cls.parse(text)
        except ValueError as error:
            _log.error(
                "the record in %s is not valid (%s) and is ignored - find out who "
                "wrote it; for the other, run: pgtwin status",
                where,
                error,
            )
            return None

    def text_for_another_epoch(self, epoch: int) -> str:
        """Why what was decided in another epoch is refused."""
        return (
            f"this was decided in epoch {epoch} of the record, which is in epoch {self.epoch} now; "
            "nothing was changed - run: pgtwin status"
        )

    @classmethod
    def initial(cls, site: SiteDocument, live: Cluster | None) -> "Record":
        """Epoch 0: nothing was ever promoted, server names equal the cluster names."""
        writer = site.writer
        if live is not None:
            writer = site.site if live.is_writer else site.peer.site
        names = {site.site: site.cluster, site.peer.site: site.peer.cluster}
        return cls(epoch=0, writer=writer, server_names=names)


def newest(own: Record | None, peers: Record | None) -> Record | None:
    """The copy that counts; None where there is none."""
    if own is None or peers is None:
        return own or peers
    if own.epoch != peers.epoch:
        return max(own, peers, key=lambda copy: copy.epoch)
    return replace(own, contested=own.writer != peers.writer)


def _object(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON") from error
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")
    return document


def _moment(text: Any) -> datetime | None:
    """What decides nothing about who writes is left out where it cannot be read."""
    try:
        return written_moment(text)
    except (ValueError, TypeError):
        return None


def _is_server_name(name: Any) -> bool:
    return isinstance(name, str) and _SERVER_NAME.fullmatch(name) is not None
