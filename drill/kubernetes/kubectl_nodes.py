"""What the drill's kubectl does with nodes."""

from argparse import Namespace

from drill.kubernetes.kubectl_client import KubectlClient


def cordon(client: KubectlClient, options: Namespace) -> int:
    """`cordon NODE`, `uncordon NODE`, and the first half of `drain NODE`."""
    unschedulable = options.verb != "uncordon"
    client.request(
        "PATCH",
        f"/api/v1/nodes/{options.names[0]}",
        body={"spec": {"unschedulable": unschedulable or None}},
        content_type="application/merge-patch+json",
        user_agent=f"kubectl-{options.verb}",
    )
    print(f"node/{options.names[0]} {'cordoned' if unschedulable else 'uncordoned'}")  # noqa: T201
    return 0


def drain(client: KubectlClient, options: Namespace) -> int:
    """`drain NODE`: cordon, then evict every pod but those of DaemonSets.

    One try: a pod whose budget forbids it ends the command, where kubectl waits for its timeout.
    """
    cordon(client, options)
    pods = client.request(
        "GET", "/api/v1/pods", {"fieldSelector": f"spec.nodeName={options.names[0]}"}
    )
    for pod in pods["items"]:
        metadata = pod["metadata"]
        owners = {owner["kind"] for owner in metadata.get("ownerReferences", ())}
        if "DaemonSet" in owners:
            continue
        eviction = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
        }
        where = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/eviction"
        client.request("POST", where, body=eviction)
        print(f"pod/{metadata['name']} evicted")  # noqa: T201
    print(f"node/{options.names[0]} drained")  # noqa: T201
    return 0
