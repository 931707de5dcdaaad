"""Why a Job failed, in the words of its container.

A Job that used up its tries deletes its pod, and the log goes with it. So who waits for a Job looks
at the pod each time, and keeps the last words: the kubelet writes them into the pod's status
(`terminationMessagePolicy: FallbackToLogsOnError`, the last 2 KiB of the log).
"""

from host.errors import HostError
from host.kubernetes.kubectl import Kubectl, Object

_OF_JOB = "batch.kubernetes.io/job-name"
_SHOWN = 1000


class JobReason:
    """The reason of one Job, as far as it was seen."""

    def __init__(self, kubectl: Kubectl, *, namespace: str, job: str) -> None:
        self._kubectl = kubectl
        self._namespace = namespace
        self._job = job
        self._said = ""

    def look(self) -> None:
        """Keep what a container said that ended badly. What cannot be read now is no reason."""
        try:
            pods = self._kubectl.list("pods", self._namespace, selector=f"{_OF_JOB}={self._job}")
        except HostError:
            return
        self._said = next(filter(None, (last_words(pod) for pod in reversed(pods))), self._said)

    def of(self, job: Object) -> str:
        """The container's last words, or what the Job says of itself."""
        conditions = job.get("status", {}).get("conditions", [])
        failed = [each for each in conditions if each["type"] == "Failed"]
        told = next((each.get("message") for each in failed), None)
        return (self._said or told or "its pod is gone, with its log")[-_SHOWN:]


def last_words(pod: Object) -> str:
    """What the last container of a pod said that ended badly: pure; "" where none did."""
    status = pod.get("status", {})
    containers = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
    words = [
        f"{each['name']}: {ended.get('message', '').strip() or ended.get('reason', '')}"
        for each in containers
        for state in (each.get("lastState", {}), each.get("state", {}))
        if (ended := state.get("terminated")) and ended.get("exitCode")
    ]
    return words[-1] if words else ""
