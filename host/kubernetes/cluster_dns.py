"""More than one CoreDNS, so that the loss of a machine does not take name resolution along.

Standbys find their primary by name, and so does every archiver S3. k3s runs one CoreDNS, whose pod
stays bound to a lost machine for five minutes (its tolerations). k3s ships it as a manifest of its
own, applied at every start, to which a HelmChartConfig does not apply; the number of replicas is
left open there for those who scale it, and its topology constraints put no two on one machine (k3s
manifests/coredns.yaml).
"""

import logging

from host.kubernetes.kubectl import Kubectl
from host.kubernetes.operators import DEPLOYMENTS

_NAME, _NAMESPACE = "coredns", "kube-system"
_MOST = 3
"""Two may be lost; more would only watch the API server more often."""
_log = logging.getLogger(__name__)


def spread(kubectl: Kubectl, machines: int) -> None:
    """Run CoreDNS on as many of the site's machines as is worth it.

    Where it is not there yet, or by another name, nothing is done: the next `apply` looks again.
    """
    wanted = min(_MOST, machines)
    found = kubectl.get(DEPLOYMENTS, _NAME, "-n", _NAMESPACE)
    if found is None:
        _log.warning("k3s has no deployment %s yet; the next apply checks again", _NAME)
        return
    if found["spec"].get("replicas", 1) != wanted:
        kubectl.patch(DEPLOYMENTS, _NAMESPACE, _NAME, {"spec": {"replicas": wanted}})
        _log.info("%s runs on %d machines", _NAME, wanted)
