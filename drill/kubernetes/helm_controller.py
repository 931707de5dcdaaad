"""k3s' helm-controller: from a HelmChart to what the chart leaves in the API.

No Helm runs and no image is pulled: a chart's CRDs, Deployments and Services appear as
`ChartInstall` says, after delays that a rehearsal chooses. As on k3s, an install job needs a Ready
node without a taint, CRDs outlive their chart, and a chart that is not known leaves only its job.
"""

import threading
import time
from dataclasses import dataclass, field

import yaml

from drill.kubernetes.chart_install import ChartInstall
from drill.kubernetes.cluster_api import ClusterApi, namespace_object
from drill.kubernetes.resource import Object
from drill.kubernetes.status_error import StatusError

_NAMESPACE = "kube-system"


@dataclass(frozen=True, kw_only=True)
class ChartDelays:
    """How long the parts of an install take."""

    crds_seconds: float = 0.2
    available_seconds: float = 0.4


@dataclass(kw_only=True)
class _Release:
    generation: int
    since: float = field(default_factory=time.monotonic)
    stage: int = 0


class HelmController:
    """Watches the HelmCharts of one API from `start` to `stop`."""

    def __init__(self, *, api: ClusterApi, delays: ChartDelays | None = None) -> None:
        self._api = api
        self._delays = delays or ChartDelays()
        self._releases: dict[str, _Release] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            if not self._api.faults.is_api_away:
                self._look()

    def _look(self) -> None:
        charts = {each["metadata"]["name"]: each for each in self._api.list("helmcharts")}
        for name in set(self._releases) - set(charts):
            self._uninstall(name)
        if any(_schedulable(node) for node in self._api.list("nodes")):
            for name, chart in charts.items():
                self._advance(name, chart)

    def _advance(self, name: str, chart: Object) -> None:
        generation = chart["metadata"]["generation"]
        release = self._releases.get(name)
        if release is None or release.generation != generation:
            release = self._releases[name] = _Release(generation=generation)
        age = time.monotonic() - release.since
        steps = (self._delays.crds_seconds, self._delays.available_seconds)
        stage = sum(age >= seconds for seconds in steps)
        if stage == release.stage:
            return
        try:
            self._put(_install(chart), available=stage == len(steps))
            job = {"jobName": f"helm-install-{name}"}
            self._api.patch_status("helmcharts", name, job, chart["metadata"]["namespace"])
            release.stage = stage
        except StatusError:
            return  # As a real controller does: the next pass tries again.

    def _put(self, install: ChartInstall, *, available: bool) -> None:
        self._api.apply(namespace_object(install.namespace))
        for each in (*install.crds(), *install.services()):
            self._api.apply(each)
        for each in install.deployments(available=available):
            metadata = each["metadata"]
            self._api.apply(each)
            self._api.patch_status(
                "deployments", metadata["name"], each["status"], metadata["namespace"]
            )

    def _uninstall(self, name: str) -> None:
        del self._releases[name]
        for kind in ("deployments", "services"):
            labels = f"app.kubernetes.io/instance={name}"
            for each in self._api.list(kind, labels=labels):
                self._api.delete(kind, each["metadata"]["name"], each["metadata"]["namespace"])


def _install(chart: Object) -> ChartInstall:
    spec = chart["spec"]
    return ChartInstall(
        chart=spec["chart"].rpartition("/")[2],
        release=chart["metadata"]["name"],
        namespace=spec.get("targetNamespace", chart["metadata"]["namespace"]),
        full_name_override=str(
            (yaml.safe_load(spec.get("valuesContent") or "") or {}).get("fullnameOverride") or ""
        ),
    )


def _schedulable(node: Object) -> bool:
    conditions = node.get("status", {}).get("conditions", [])
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and not node.get("spec", {}).get("taints")
