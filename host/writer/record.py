"""Who may write: the one fact that no template holds. `pgtwin` writes it, this program reads it.

What always holds:

* Of two copies the one of the higher epoch is the truth. Two copies of one epoch with different
  writers are contested: nobody is promoted, and no cluster is made, until `pgtwin` settled it.
* Without a copy anywhere it is epoch 0, and the Cluster that exists says who writes; only where
  there is none yet does the template. So an edit of the template never moves the writer.
"""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from host.bundle.site_document import SiteDocument
from host.kubernetes.cluster import Cluster

NO_PROMOTION = ""
"""A token that no promotion carries."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """The record as far as a site needs it; docs/interfaces.md has the shape."""

    epoch: int
    writer: str
    server_names: dict[str, str] = field(hash=False)
    token: str | None = None
    """What a promotion in this epoch has to carry; None for one without a token."""
    contested: bool = False

    @classmethod
    def parse(cls, text: str) -> "Record":
        """Read a copy."""
        document: dict[str, Any] = json.loads(text)
        known = {key: document[key] for key in ("epoch", "writer", "server_names")}
        return cls(**known, token=document.get("token"))

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
