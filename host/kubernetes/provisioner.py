"""The provisioner of volumes runs on a server, where the cluster's administrator is anyway.

It may make pods in kube-system, and there every ServiceAccount that installs an operator, which is
the cluster's administrator. A machine may ask for a token of every pod that is bound to it, so an
agent that had this one would be the administrator too. k3s' own manifest says nothing about where
it runs (k3s manifests/local-storage.yaml), and so leaves it as it is set here.
"""

import logging

from host.kubernetes.kubectl import Kubectl
from host.kubernetes.operators import DEPLOYMENTS

_NAME, _NAMESPACE = "local-path-provisioner", "kube-system"
_ON_SERVERS = {"node-role.kubernetes.io/control-plane": "true"}
_log = logging.getLogger(__name__)


def keep_on_servers(kubectl: Kubectl) -> None:
    """Where it is not there yet, nothing is done: the next `apply` looks again."""
    found = kubectl.get(DEPLOYMENTS, _NAME, "-n", _NAMESPACE)
    if found is None:
        _log.warning("k3s has no deployment %s yet; the next apply checks again", _NAME)
        return
    pod = found["spec"]["template"]["spec"]
    if not _ON_SERVERS.items() <= pod.get("nodeSelector", {}).items():
        wanted = {"spec": {"template": {"spec": {"nodeSelector": _ON_SERVERS}}}}
        kubectl.patch(DEPLOYMENTS, _NAMESPACE, _NAME, wanted)
        _log.info("%s runs on servers only", _NAME)
