"""A site under upgrade: machines, instances and an operator that moves the primary, in memory."""

import json
from collections.abc import Sequence

from host.machine.machine import Result
from host.machine.paths import K3S

DONE = Result(exit_code=0, stdout="", stderr="")
HEALTHY = "Cluster in healthy state"


class UpgradableSite:
    """Answers kubectl, and plays the k3s of every machine.

    The operator moves the primary away from a cordoned machine; a drained instance comes back when
    its machine is uncordoned. `log` is what was done, in order.
    """

    def __init__(self, names: Sequence[str], instances_on: Sequence[str], version: str) -> None:
        self.versions = dict.fromkeys(names, version)
        self.cordoned: set[str] = set()
        self.marks: dict[str, dict[str, str]] = {}
        self.drained: set[str] = set()
        self.not_ready: set[str] = set()
        self.pods = {f"pg-{index + 1}": node for index, node in enumerate(instances_on)}
        self.primary = next(iter(self.pods))
        self.log: list[str] = []

    def run(
        self, argv: Sequence[str], *, stdin: str | None = None, timeout_seconds: float = 120
    ) -> Result:
        if argv[:2] != [K3S, "kubectl"]:
            self.log.append(" ".join(argv[1:3]))
            return DONE
        verb, what = argv[2:4]
        if verb == "get":
            return Result(exit_code=0, stdout=json.dumps(self._get(what)), stderr="")
        marks: dict[str, str] = {}
        if verb == "patch":
            merge = json.loads(argv[argv.index("-p") + 1])
            what, verb = argv[4], "cordon" if merge["spec"]["unschedulable"] else "uncordon"
            marks = {mark: text for mark, text in merge["metadata"]["annotations"].items() if text}
        self.log.append(f"{verb} {what}")  # a log may end the run here
        self.marks[what] = marks
        if verb == "cordon":
            self.cordoned.add(what)
            self._move_primary()
        elif verb == "drain":
            assert self.pods[self.primary] != what, "the primary would be evicted"
            self.drained.add(what)
        else:
            self.cordoned.discard(what)
            self.drained.discard(what)
        return DONE

    def exchange(self, node: str, version: str) -> None:
        """Another k3s starts on a machine."""
        self.log.append(f"exchange {node}")
        self.versions[node] = version

    def _move_primary(self) -> None:
        free = [pod for pod, node in self.pods.items() if node not in self.cordoned]
        if self.pods[self.primary] in self.cordoned and free:
            self.primary = free[0]

    def _get(self, what: str) -> object:
        if what == "nodes":
            return {"items": [self._node(name) for name in self.versions]}
        if what == "pods":
            return {
                "items": [
                    {"metadata": {"name": pod}, "spec": {"nodeName": node}}
                    for pod, node in self.pods.items()
                    if node not in self.drained
                ]
            }
        up = [pod for pod, node in self.pods.items() if node not in self.drained]
        whole = len(up) == len(self.pods)
        return {
            "metadata": {"name": "postgres-cluster"},
            "spec": {"instances": len(self.pods)},
            "status": {
                "phase": HEALTHY if whole else "Waiting for the instances to become active",
                "readyInstances": len(up),
                "currentPrimary": self.primary,
            },
        }

    def _node(self, name: str) -> object:
        ready = "False" if name in self.not_ready else "True"
        return {
            "metadata": {"name": name, "annotations": self.marks.get(name, {})},
            "spec": {"unschedulable": True} if name in self.cordoned else {},
            "status": {
                "conditions": [{"type": "Ready", "status": ready}],
                "nodeInfo": {"kubeletVersion": self.versions[name]},
            },
        }
