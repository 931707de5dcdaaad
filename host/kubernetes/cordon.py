"""Machines that take no new pods, and who decided that.

What always holds: a cordon of `vacate` and the mark that says so are one write, set and removed
together. So a run that was killed leaves no cordon that the next one would not recognise.
"""

from typing import Literal

from host.bundle.site_document import SiteDocument
from host.kubernetes.kubectl import Kubectl, Object

CordonedBy = Literal["vacate", "other"]
"""`other` is an upgrade, or a person."""
_MARK = "pgtwin/cordoned-by"
_PATIENCE_SECONDS = 900
"""An API server that is away is back by then, or its site is lost."""


def is_cordoned(node: Object) -> bool:
    """Whether a Node object takes no new pods."""
    return bool(node.get("spec", {}).get("unschedulable"))


def cordoned_by(node: Object) -> CordonedBy | None:
    """Who decided that a Node object takes no new pods; None where it does."""
    if not is_cordoned(node):
        return None
    marks = node["metadata"].get("annotations", {})
    return "vacate" if marks.get(_MARK) == "vacate" else "other"


def cordon(kubectl: Kubectl, site: SiteDocument, node: str) -> None:
    """Let a machine take no new pods, until `uncordon`."""
    _patch(kubectl, site, node, mark="vacate", unschedulable=True)


def uncordon(kubectl: Kubectl, site: SiteDocument, node: str) -> None:
    """Let it take pods again."""
    _patch(kubectl, site, node, mark=None, unschedulable=None)


def left_by_vacate(site: str, node: str) -> str:
    """What a person is told of a cordon that a killed `vacate` left."""
    again = f"pgtwin replace --site {site} --machine {node}"
    return f"{node} is cordoned by a replacement that was interrupted - repeat: {again}"


def _patch(
    kubectl: Kubectl,
    site: SiteDocument,
    node: str,
    *,
    mark: str | None,
    unschedulable: bool | None,
) -> None:
    merge = {
        "metadata": {"annotations": {_MARK: mark}},
        "spec": {"unschedulable": unschedulable},
    }
    kubectl.patient(_PATIENCE_SECONDS).patch("node", site.namespace, node, merge)
