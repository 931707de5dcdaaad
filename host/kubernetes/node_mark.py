"""What a machine says of itself on its own Node: which bundle it has in force, and whether k3s has.

A machine with an older bundle is so known to the site's servers, which no deployment waits for. An
agent has the kubelet's credentials alone; they may change its own Node's annotations (kubernetes
plugin/pkg/admission/noderestriction).
"""

import json
import logging

from host.bundle.site_document import Role
from host.kubernetes.kubectl import Kubectl, Object
from host.kubernetes.kubectl_failed import KubectlFailed
from host.machine.paths import K3S_DATA

BUNDLE = "pgtwin/bundle"
K3S_WAITS = "pgtwin/k3s-waits"
KUBELET = f"--kubeconfig={K3S_DATA}/agent/kubelet.kubeconfig"
"""The kubelet's own credentials: an agent has no others, and they may read its own Node."""
_log = logging.getLogger(__name__)


def credentials(role: Role) -> tuple[str, ...]:
    """With what a machine speaks to the API of its site."""
    return (KUBELET,) if role == "agent" else ()


def mark(kubectl: Kubectl, role: Role, node: str, *, bundle: str, k3s_waits: bool) -> None:
    """Say it. An API that does not answer is no reason to fail: the next run says it."""
    notes = {BUNDLE: bundle, K3S_WAITS: "true" if k3s_waits else None}
    merge = json.dumps({"metadata": {"annotations": notes}})
    try:
        kubectl.done("patch", "node", node, "--type=merge", "-p", merge, *credentials(role))
    except KubectlFailed as failed:
        _log.warning("the Node does not say which bundle it has: %s", failed)


def bundle_of(node: Object) -> str | None:
    """The bundle that a machine has in force; None where it never said."""
    found = node["metadata"].get("annotations", {}).get(BUNDLE)
    return None if found is None else str(found)


def k3s_waits(node: Object) -> bool:
    """Whether a machine's k3s has not read yet what it was given last."""
    return bool(node["metadata"].get("annotations", {}).get(K3S_WAITS) == "true")
