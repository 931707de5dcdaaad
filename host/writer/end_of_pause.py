"""How the operator's pause ends, and what of a promotion ends with it: patches of the Cluster.

What always holds:

* A promotion that took hold is confirmed: pause and token go, and the epoch is noted.
* A paused operator makes no pod. Where the leading one is lost for certain, PostgreSQL never
  answers again, so the pause ends with it.
* With a token that promoted nothing yet the operator makes no pod either (v1.30.0
  internal/controller/cluster_controller.go:431): that promotion is taken back, and is asked for
  again once PostgreSQL follows. Without a token the operator promotes whichever instance leads.
"""

from host.bundle.site_document import SiteDocument
from host.kubernetes.cluster import CONFIRMED_IN_EPOCH, PAUSED, PROMOTED_IN_EPOCH, Cluster
from host.kubernetes.kubectl import Object
from host.writer.role_step import Patch


def is_open(cluster: Cluster) -> bool:
    """Whether a promotion left anything behind: its token, or the operator's pause."""
    return cluster.promotion_token is not None or cluster.paused


def confirmed(cluster: Cluster) -> Object:
    """The patch that takes token and pause back and keeps what they stood for."""
    epoch = cluster.annotation(PROMOTED_IN_EPOCH)
    return {
        "metadata": {"annotations": {PAUSED: None, CONFIRMED_IN_EPOCH: epoch}},
        "spec": {"replica": {"promotionToken": None}},
    }


def taken_back(site: SiteDocument) -> Object:
    """The patch that leaves a replica of the peer, as before the promotion."""
    peer = site.peer.cluster
    return {
        "metadata": {"annotations": {PROMOTED_IN_EPOCH: None, PAUSED: None}},
        "spec": {"replica": {"primary": peer, "source": peer, "promotionToken": None}},
    }


def without_leader(site: SiteDocument, cluster: Cluster) -> Patch:
    """What to do about an open promotion whose leading pod is lost for certain."""
    if cluster.promotion_token is None or cluster.token_is_spent:
        why = "the leading pod is gone: the operator goes on, and makes it again"
        return Patch(why=why, merge=confirmed(cluster))
    why = "the leading pod was gone before the token promoted it: the promotion is taken back"
    return Patch(why=why, merge=taken_back(site))
