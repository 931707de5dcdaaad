"""The pods of simulated instances."""

from drill.kubernetes.cluster_api import ClusterApi
from drill.kubernetes.resource import Object
from drill.operator import objects
from drill.operator.behaviour.simulation import Simulation


class ScriptedPods:
    """Brings the pods in the API to what the instances are, where that changed."""

    def __init__(self, api: ClusterApi) -> None:
        self._api = api
        self._published: dict[str, object] = {}

    def publish(self, cluster: Object, simulation: Simulation) -> bool:
        """Whether something was published."""
        name, uid = cluster["metadata"]["name"], cluster["metadata"]["uid"]
        leading = cluster["status"].get("currentPrimary") or f"{name}-1"
        now = (leading, *((each.name, each.ready) for each in simulation.instances))
        if not simulation.instances or self._published.get(uid) == now:
            return False
        self._publish(cluster, simulation, leading)
        self._published[uid] = now
        return True

    def notice_deleted(self, cluster: Object, simulation: Simulation) -> None:
        """Lose the instances whose pods somebody deleted."""
        if cluster["metadata"]["uid"] not in self._published:
            return
        lost = [e.name for e in simulation.instances if e.ready and self._is_gone(cluster, e.name)]
        if lost and self._exists(cluster):
            for name in lost:
                simulation.lose_pod(name)

    def _exists(self, cluster: Object) -> bool:
        """Whether they were not deleted with their Cluster, which would never delete them again."""
        metadata = cluster["metadata"]
        found = self._api.get("Cluster", metadata["name"], metadata["namespace"])
        return found is not None and found["metadata"]["uid"] == metadata["uid"]

    def _is_gone(self, cluster: Object, name: str) -> bool:
        return self._api.get("pods", name, cluster["metadata"]["namespace"]) is None

    def _publish(self, cluster: Object, simulation: Simulation, leading: str) -> None:
        namespace = cluster["metadata"]["namespace"]
        nodes = [n["metadata"]["name"] for n in self._api.list("nodes") if not _tainted(n)]
        for each in simulation.instances:
            if each.pod == "gone" and self._is_gone(cluster, each.name):
                continue
            leads = each.name == leading
            pod = objects.pod(cluster, each.name, nodes, leads=leads, ready=each.ready)
            self._api.apply(pod)
            self._api.patch_status("pods", each.name, pod["status"], namespace)


def _tainted(node: Object) -> bool:
    return bool(node.get("spec", {}).get("taints"))
