"""What a server and its cluster are given, and what a control of CIS may look for in it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
NAMESPACES = {
    *("postgres", "cnpg-system", "cert-manager"),
    *("default", "kube-system", "kube-public", "kube-node-lease"),
}
"""All that a site has: its own, and those that Kubernetes makes."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a server and its cluster are given."""

    config: Document
    """/etc/rancher/k3s/config.yaml."""
    kubelet: Document
    """The drop-in of the kubelet's configuration."""
    sysctls: Document
    manifests: tuple[Document, ...]

    def flags(self, part: str) -> set[str]:
        """The names of the flags that k3s is told to hand to `part`."""
        return {str(each).partition("=")[0] for each in self.config.get(f"{part}-arg", ())}

    def of_kind(self, kind: str) -> list[Document]:
        """The objects of a kind."""
        return [each for each in self.manifests if each["kind"] == kind]

    def pods(self) -> list[Document]:
        """The pods that manifests of this project describe by themselves."""
        jobs = [each["spec"]["jobTemplate"]["spec"] for each in self.of_kind("CronJob")]
        jobs += [each["spec"] for each in self.of_kind("Job")]
        return [each["template"]["spec"] for each in jobs] + [
            each["spec"] for each in self.of_kind("Pod")
        ]


def untouched(part: str, *flags: str) -> Callable[[Given], bool]:
    """Nothing is told to `part` that would replace k3s' own value of these flags."""
    return lambda given: not given.flags(part) & set(flags)


def kubelet_untouched(*keys: str) -> Callable[[Given], bool]:
    return lambda given: not given.flags("kubelet") and not set(keys) & set(given.kubelet)


def levels(given: Given) -> dict[str, str]:
    label = "pod-security.kubernetes.io/enforce"
    return {
        each["metadata"]["name"]: each["metadata"]["labels"][label]
        for each in given.of_kind("Namespace")
    }


def denied(given: Given) -> set[str]:
    return {
        each["metadata"]["namespace"]
        for each in given.of_kind("NetworkPolicy")
        if each["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    }


def passwords_by_variable(given: Given) -> bool:
    return any(
        "secretKeyRef" in variable.get("valueFrom", {})
        for pod in given.pods()
        for container in (*pod.get("initContainers", ()), *pod["containers"])
        for variable in container.get("env", ())
    )


def hardened(pod: Document) -> bool:
    containers = (*pod.get("initContainers", ()), *pod["containers"])
    return pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"} and all(
        each["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        and each["securityContext"]["readOnlyRootFilesystem"]
        for each in containers
    )
