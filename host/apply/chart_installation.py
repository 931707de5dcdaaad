"""Installs the operators' charts, one after the other.

What always holds: a chart is put only when those before it are installed and answer. The plugin's
chart holds objects of cert-manager, and its release fails for good where their kinds are not there
yet, or the webhook that judges them does not answer yet.
"""

from host.apply import helm_release
from host.apply.charts_folder import ChartsFolder
from host.apply.manifest import Manifest
from host.deadlines import CHART_SECONDS
from host.kubernetes import operators
from host.kubernetes.kubectl import Kubectl, Object
from host.kubernetes.kubectl_failed import KubectlFailed
from host.machine.machine import Clock
from host.machine.waiting import wait_for

_ADMITTED: dict[str, Object] = {
    "cert-manager": {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Issuer",
        "metadata": {"name": "pgtwin-probe", "namespace": "cert-manager"},
        "spec": {"selfSigned": {}},
    }
}
"""By chart: what its webhook has to admit, by dry run, before the charts after it are put."""


class ChartInstallation:
    """Through k3s' manifests folder and its Helm controller."""

    def __init__(self, kubectl: Kubectl, folder: ChartsFolder, clock: Clock) -> None:
        self._kubectl = kubectl
        self._probing = kubectl.patient(0)
        self._folder = folder
        self._clock = clock

    def install(self, charts: tuple[Manifest, ...]) -> None:
        """Bring the site's charts to these, in their order.

        Raises:
            TimedOut: naming the first that did not come up; safe to repeat.
        """
        for manifest in charts:
            self._folder.put(manifest)
            for chart in manifest.items:
                self.await_installed(chart)
        self._folder.remove_others(charts)

    def await_installed(self, chart: Object) -> None:
        """Wait until a chart that was put is installed as it is now, and answers.

        Raises:
            TimedOut: when it does not come up; safe to repeat.
        """
        name = chart["metadata"]["name"]
        what = f"{name} (to see why, run: kubectl -n kube-system logs job/helm-install-{name})"
        wait_for(
            self._clock,
            what,
            lambda: self._is_installed(chart),
            deadline_seconds=CHART_SECONDS,
        )

    def _is_installed(self, chart: Object) -> bool:
        if not helm_release.is_deployed(self._kubectl, chart):
            return False
        namespace = chart["spec"]["targetNamespace"]
        deployments = self._kubectl.list(operators.DEPLOYMENTS, namespace)
        if not deployments or operators.unavailable(deployments):
            return False
        probe = _ADMITTED.get(chart["metadata"]["name"])
        return probe is None or self._admits(probe)

    def _admits(self, probe: Object) -> bool:
        try:
            self._probing.apply(probe, dry_run=True)
        except KubectlFailed as failed:
            if not failed.passing:
                raise
            return False
        return True
