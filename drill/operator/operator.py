"""The operator of one site: a controller a Cluster, each in its own thread."""

import functools
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from drill.kubernetes.cluster_api import ClusterApi
from drill.operator.backup_controller import BackupController
from drill.operator.cluster_controller import ClusterController
from drill.operator.delays import DELAYS
from drill.operator.instance import Instance
from drill.operator.job_controller import JobController
from drill.operator.machines import Machines
from drill.operator.pod_commands import PodCommands
from drill.operator.processes import Processes

RETRY_SECONDS = 1.0


class Operator:
    """Reconciles the Clusters, Backups and Jobs of one namespace until its machines are killed."""

    def __init__(
        self,
        *,
        api: ClusterApi,
        namespace: str,
        machines: Machines,
        directory: Path,
        sockets: Path,
        processes: Processes,
    ) -> None:
        self._api = api
        self._namespace = namespace
        self._machines = machines
        self.directory = directory
        self._sockets = sockets
        self._processes = processes
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._controllers: dict[str, ClusterController] = {}
        self._log = logging.getLogger(f"drill.operator.{directory.name}")
        self.backups = BackupController(api=api, namespace=namespace, controller=self.controller)
        self._jobs = JobController(
            api=api,
            namespace=namespace,
            directory=directory / "jobs",
            processes=processes,
            machine=lambda: machines.environment(machines.database_nodes[-1]),
            writer=self._leader,
        )

    def start(self) -> None:
        """Begin to reconcile; what earlier runs left in the directory is taken over."""
        self._stopping.clear()
        self.directory.mkdir(parents=True, exist_ok=True)
        self._api.on_exec(PodCommands(self._instance))
        self._spawn("clusters", self._discover)
        self._spawn("backups", self.backups.step)
        self._spawn("jobs", self._jobs.step)

    def kill(self) -> None:
        """The machines lose power: every process ends at once, without a checkpoint."""
        self._stopping.set()
        self._processes.kill(self.directory)
        for controller in self._controllers.values():
            controller.close()
        for thread in self._threads:
            thread.join(timeout=30)
        self._threads.clear()
        # What a controller was just starting when the power went.
        self._processes.kill(self.directory)
        self._controllers.clear()

    def controller(self, cluster: str) -> ClusterController | None:
        """The controller of a Cluster, once it was noticed."""
        return self._controllers.get(cluster)

    def _leader(self, cluster: str) -> Instance | None:
        controller = self.controller(cluster)
        return controller.primary if controller else None

    def _instance(self, pod: str) -> Instance | None:
        for controller in list(self._controllers.values()):
            for instance in controller.instances:
                if instance.name == pod:
                    return instance
        return None

    def _discover(self) -> bool:
        for cluster in self._api.list("Cluster", self._namespace):
            name = cluster["metadata"]["name"]
            if name not in self._controllers:
                controller = ClusterController(
                    api=self._api,
                    namespace=self._namespace,
                    name=name,
                    directory=self.directory / name,
                    sockets=self._sockets,
                    machines=self._machines,
                    processes=self._processes,
                )
                self._controllers[name] = controller
                self._spawn(name, functools.partial(self._reconcile, controller))
        return True

    def _reconcile(self, controller: ClusterController) -> bool:
        while controller.step():
            if not controller.busy or self._stopping.wait(DELAYS.look_seconds):
                return True
        self._controllers.pop(controller.name, None)
        return False

    def _spawn(self, name: str, step: Callable[[], bool]) -> None:
        thread = threading.Thread(target=self._loop, args=(step,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _loop(self, step: Callable[[], bool]) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            try:
                if not step():
                    return
                pause = DELAYS.idle_seconds
            except Exception:
                # A controller logs and tries again, whatever went wrong: so does CloudNativePG.
                if not self._stopping.is_set():
                    self._log.exception("%s", threading.current_thread().name)
                pause = RETRY_SECONDS
