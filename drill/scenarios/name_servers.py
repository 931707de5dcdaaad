"""Where names are resolved: standbys find their primary by name, and every archiver S3."""

from collections.abc import Mapping

from drill.ground_site import NoAnswer, Objects
from host.kubernetes.operators import has_condition

NAMESPACE = "kube-system"
_LABEL, _COREDNS = "k8s-app", "kube-dns"
"""Of k3s' CoreDNS (k3s manifests/coredns.yaml)."""


def name_servers(objects: Objects) -> Mapping[str, bool]:
    """Per machine that has a CoreDNS: whether it is ready.

    One on a machine without power stays ready until the machine is taken for lost.

    Raises:
        NoAnswer: when the API lists no pod at all.
    """
    pods = objects.list("Pod", NAMESPACE)
    if not pods:
        raise NoAnswer(f"no pod of {NAMESPACE} is seen")
    found: dict[str, bool] = {}
    for pod in pods:
        machine = pod["spec"].get("nodeName")
        if machine and pod["metadata"].get("labels", {}).get(_LABEL) == _COREDNS:
            found[machine] = found.get(machine, False) or has_condition(pod, "Ready")
    return found
