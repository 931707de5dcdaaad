"""One instance together with its pod: what the kubelet and the instance manager know of it."""

from drill.operator.behaviour.seen import Instance as SeenInstance
from drill.operator.behaviour.seen import PodState
from drill.operator.delays import DELAYS
from drill.operator.instance import Instance
from drill.operator.local_sql import Report


class ManagedInstance:
    """An instance, its pod, and when it may do what."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.pod: PodState = "there"
        self.report: Report | None = None
        self.ready = False
        self.noticed = False
        """Whether it told the operator that it needs a restart."""
        self.published = False
        """Whether its pod was in the API; if it no longer is, somebody deleted it."""
        self._starts_in = 0
        self._attaches_in = 0
        self._silent = 0

    @property
    def name(self) -> str:
        """Its name, and its pod's."""
        return self.instance.name

    @property
    def may_start(self) -> bool:
        """Whether its time has come."""
        return self.pod != "lost" and self._starts_in <= 0

    @property
    def may_attach(self) -> bool:
        """Whether it may follow its primary already."""
        return self._attaches_in <= 0

    def start_after(self, looks: int) -> None:
        """Leave it stopped for so many looks."""
        self._starts_in = looks

    def attach_after(self, looks: int) -> None:
        """Let it follow nobody for so many looks."""
        self._attaches_in = looks

    def lose_pod(self) -> None:
        """Its pod is deleted, and made again by and by."""
        self.instance.stop()
        self.pod, self.report, self.ready, self.published = "gone", None, False, False
        self.start_after(DELAYS.pod_looks)

    def start(self) -> None:
        """Start PostgreSQL; its pod is there again."""
        self.instance.start()
        self.pod, self.noticed = "there", False

    def look(self) -> None:
        """Ask PostgreSQL, as the probe does."""
        self.report = self.instance.report() if self.instance.running else None
        self._silent = 0 if self.report else self._silent + 1
        if self.report:
            self.ready = self.pod == "there"
        elif self._silent >= DELAYS.probe_looks:
            self.ready = False
        self._starts_in -= 1
        self._attaches_in -= 1

    def seen(self) -> SeenInstance:
        """As the operator finds it."""
        return SeenInstance(
            name=self.name,
            answers=self.report is not None,
            ready=self.ready,
            is_standby=self.instance.is_standby,
            needs_restart=self.report is not None and self.report.needs_restart,
            pod=self.pod,
        )
