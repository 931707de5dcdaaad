"""k3s' helm-controller: from a HelmChart to what the chart leaves in the API.

No Helm runs and no image is pulled: a chart's CRDs, Deployments and Services appear as
`ChartInstall` says, after delays that a rehearsal chooses. As on k3s, an install job needs a Ready
node that may run it (`helm_job.py`), CRDs outlive their chart, and a chart that is not known leaves
only its job.
Helm's record of a release is a Secret; a release that failed is left alone for as long as that is
there, as `failurePolicy: abort` wants it (klipper-helm v0.13.3 `entry`). A HelmChart that changes
has its Job replaced, and the release before stays the newest until the upgrade has begun.
"""

import time
from dataclasses import dataclass, field

import yaml

from drill.kubernetes.cluster_api import ClusterApi, namespace_object
from drill.kubernetes.k3s import helm_job
from drill.kubernetes.k3s.chart_install import ChartInstall
from drill.kubernetes.k3s.controller import Controller
from drill.kubernetes.k3s.helm_job import may_run
from drill.kubernetes.resource import Object
from drill.kubernetes.status_error import StatusError

_LOOK_SECONDS = 0.1
_NEEDS = {"plugin-barman-cloud": "cert-manager"}
"""A release of the first fails where the second does not run: it holds objects of its kinds."""


@dataclass(frozen=True, kw_only=True)
class ChartDelays:
    """How long the parts of an install take."""

    crds_seconds: float = 0.2
    available_seconds: float = 0.4


@dataclass(kw_only=True)
class _Release:
    generation: int
    hash: str
    install: ChartInstall
    since: float = field(default_factory=time.monotonic)
    stage: int = 0


class HelmController(Controller):
    """Watches the HelmCharts of one API from `start` to `stop`."""

    def __init__(self, *, api: ClusterApi, delays: ChartDelays | None = None) -> None:
        super().__init__(api=api, every_seconds=_LOOK_SECONDS)
        self.interrupted: set[str] = set()
        """Charts whose next try fails half-way."""
        self._delays = delays or ChartDelays()
        self._releases: dict[str, _Release] = {}

    def look(self) -> None:
        """One pass over the HelmCharts."""
        charts = {each["metadata"]["name"]: each for each in self._api.list("helmcharts")}
        for name in set(self._releases) - set(charts):
            self._uninstall(name)
        nodes = self._api.list("nodes")
        for name, chart in charts.items():
            if any(may_run(chart, node) for node in nodes):
                self._advance(name, chart)

    def _advance(self, name: str, chart: Object) -> None:
        generation = chart["metadata"]["generation"]
        release = self._releases.get(name)
        if release is None or release.generation != generation:
            release = _Release(
                generation=generation, hash=helm_job.config_hash(chart), install=_install(chart)
            )
            self._releases[name] = release
        self._keep_job(chart)
        if self._has_failed(name, release.install.namespace):
            release.since, release.stage = time.monotonic(), 0
            return
        age = time.monotonic() - release.since
        steps = (self._delays.crds_seconds, self._delays.available_seconds)
        stage = sum(age >= seconds for seconds in steps)
        if stage == release.stage:
            return
        try:
            if stage and self._fails(name):
                self._record(name, release, "failed")
                return
            done = stage == len(steps)
            self._put(release.install, available=done)
            self._record(name, release, "deployed" if done else "pending")
            job = {"jobName": f"helm-install-{name}"}
            self._api.patch_status("helmcharts", name, job, chart["metadata"]["namespace"])
            release.stage = stage
        except StatusError:
            return  # As a real controller does: the next pass tries again.

    def _fails(self, name: str) -> bool:
        if name in self.interrupted:
            self.interrupted.discard(name)
            return True
        needed = _NEEDS.get(name)
        found = self._api.get("deployment", f"{needed}-webhook", str(needed)) if needed else None
        return bool(needed) and not (found or {}).get("status", {}).get("availableReplicas")

    def _keep_job(self, chart: Object) -> None:
        """A Job that is gone is made again, one of an earlier state of the HelmChart replaced."""
        values, job = helm_job.objects(chart)
        name, namespace = job["metadata"]["name"], job["metadata"]["namespace"]
        found = self._api.get("job", name, namespace)
        if found is not None and _environment(found) == _environment(job):
            return
        self._api.apply(values)
        if found is not None:
            self._api.delete("job", name, namespace)
        self._api.create(job)

    def _has_failed(self, name: str, namespace: str) -> bool:
        records = self._records(name, namespace)
        return bool(records) and records[max(records)]["metadata"]["labels"]["status"] == "failed"

    def _records(self, name: str, namespace: str) -> dict[int, Object]:
        """Helm's records of a release, by their revisions."""
        found = self._api.list("secrets", namespace, labels=f"owner=helm,name={name}")
        return {int(each["metadata"]["labels"]["version"]): each for each in found}

    def _record(self, name: str, release: _Release, status: str) -> None:
        namespace = release.install.namespace
        self._api.apply(namespace_object(namespace))
        before = [
            revision
            for revision, each in self._records(name, namespace).items()
            if each["metadata"]["labels"]["status"] in ("deployed", "superseded")
        ]
        revision = 1 + max(before, default=0)
        if status == "pending":
            status = "pending-upgrade" if before else "pending-install"
        if status == "deployed" and before:
            superseded = {"metadata": {"labels": {"status": "superseded"}}}
            self._api.patch("secret", _record_name(name, max(before)), superseded, namespace)
        labels = {"owner": "helm", "name": name, "status": status, "version": str(revision)}
        self._api.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "type": "helm.sh/release.v1",
                "metadata": {
                    "name": _record_name(name, revision),
                    "namespace": namespace,
                    "labels": {**labels, helm_job.HASH: release.hash},
                },
            }
        )

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
        for record in self._api.list("secrets", labels=f"owner=helm,name={name}"):
            metadata = record["metadata"]
            self._api.delete("secret", metadata["name"], metadata["namespace"])
        for kind in ("deployments", "services"):
            labels = f"app.kubernetes.io/instance={name}"
            for each in self._api.list(kind, labels=labels):
                self._api.delete(kind, each["metadata"]["name"], each["metadata"]["namespace"])


def _record_name(release: str, revision: int) -> str:
    return f"sh.helm.release.v1.{release}.v{revision}"


def _environment(job: Object) -> Object:
    (container,) = job["spec"]["template"]["spec"]["containers"]
    return {each["name"]: each["value"] for each in container["env"]}


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
