"""With which versions a real site runs, as its own API tells."""

import contextlib
import json
from collections.abc import Mapping
from typing import Any

from drill.ground_site import NoAnswer
from drill.grounds.kubernetes_site import KubernetesSite

_OPERATORS = ("cnpg-system", "cert-manager")


def real_versions(site: KubernetesSite) -> Mapping[str, str]:
    """Kubernetes, container runtime, PostgreSQL and the operators, as far as they answer."""
    found: dict[str, str] = {}
    nodes = site.objects.list("Node")
    if nodes:
        info = nodes[0]["status"]["nodeInfo"]
        found["Kubernetes"] = str(info["kubeletVersion"])
        found["container runtime"] = str(info["containerRuntimeVersion"])
    for namespace in _OPERATORS:
        found |= _images(site, namespace)
    with contextlib.suppress(NoAnswer):
        version = "SELECT current_setting('server_version')"
        found["PostgreSQL"] = str(site.databases.rows(version)[0][0])
    return found


def _images(site: KubernetesSite, namespace: str) -> Mapping[str, str]:
    """The version of each Deployment's first image, by the Deployment's name."""
    ran = site.kubectl.run("get", "deployments", f"--namespace={namespace}", "--output=json")
    items: list[dict[str, Any]] = json.loads(ran.stdout)["items"] if ran.exit_code == 0 else []
    return {
        str(each["metadata"]["name"]): _tag(
            each["spec"]["template"]["spec"]["containers"][0]["image"]
        )
        for each in items
    }


def _tag(image: str) -> str:
    return image.partition("@")[0].rpartition(":")[2]
