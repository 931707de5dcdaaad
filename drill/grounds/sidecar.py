"""What a scenario does to the backups of a real site: inside the plugin's sidecar.

Its image has a Python for barman-cloud and no shell (plugin-barman-cloud v0.14.0
containers/Dockerfile.sidecar).
"""

from drill.ground_site import NoAnswer
from drill.grounds.kubectl import Kubectl, KubectlObjects
from drill.waiting import wait_for

CONTAINER = "plugin-barman-cloud"
RETENTION_SECONDS = 120.0
_RETAINING = "Applying backup retention policy"
"""What the plugin logs (internal/cnpgi/instance/retention.go)."""
_FIND = """
import os, signal
def running(word):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = open(f"/proc/{pid}/cmdline", "rb").read().split(b"\\0")
        except OSError:
            continue
        if any(each.endswith(word) for each in words):
            yield int(pid)
"""
_KILL = f"""{_FIND}
found = list(running(b"/barman-cloud-backup"))
for pid in found:
    os.kill(pid, signal.SIGKILL)
print(len(found))
"""
_COUNT = f"""{_FIND}
print(len(list(running(b"/barman-cloud-backup-delete"))))
"""
_RESTART = "import os, signal; os.kill(1, signal.SIGTERM)"


class Sidecar:
    """The sidecars of one Cluster's pods."""

    def __init__(self, kubectl: Kubectl, *, cluster: str) -> None:
        self._kubectl = kubectl
        self._objects = KubectlObjects(kubectl)
        self._cluster = cluster

    def kill_backups(self) -> int:
        """Kill `barman-cloud-backup` in the pod of each Backup that is under way."""
        pods = {
            str(backup["status"]["instanceID"]["podName"])
            for backup in self._objects.list("Backup")
            if backup.get("status", {}).get("phase") in ("started", "running")
            and backup["status"].get("instanceID")
        }
        return sum(self._python(pod, _KILL) for pod in sorted(pods))

    def enforce_retention(self) -> None:
        """Restart the sidecar of the primary, which begins with retention; wait for its end.

        Raises:
            NoAnswer: when no instance is seen to lead.
            TimeoutError: when it does not come back or does not end.
        """
        cluster = self._objects.get("Cluster", self._cluster) or {}
        pod = str(cluster.get("status", {}).get("currentPrimary", ""))
        if not pod:
            raise NoAnswer(f"no instance of {self._cluster} is seen to lead")
        before = self._restarts(pod)
        self._kubectl.execute(pod, CONTAINER, ["python3", "-c", _RESTART])
        wait_for(
            lambda: self._restarts(pod) > before and self._retained(pod),
            RETENTION_SECONDS,
            f"retention in {pod}",
            every=1.0,
        )

    def _restarts(self, pod: str) -> int:
        # A native sidecar is listed with the init containers.
        status = (self._objects.get("Pod", pod) or {}).get("status", {})
        containers = status.get("initContainerStatuses", []) + status.get("containerStatuses", [])
        return sum(each["restartCount"] for each in containers if each["name"] == CONTAINER)

    def _retained(self, pod: str) -> bool:
        """Whether the sidecar of now has begun with retention, and nothing of it runs any more."""
        log = self._kubectl.run("logs", pod, f"--container={CONTAINER}").stdout
        return _RETAINING in log and self._python(pod, _COUNT) == 0

    def _python(self, pod: str, program: str) -> int:
        ran = self._kubectl.execute(pod, CONTAINER, ["python3", "-c", program])
        return int(ran.stdout) if ran.exit_code == 0 else 0
