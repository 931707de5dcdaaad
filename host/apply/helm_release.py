"""Helm's releases as k3s' Helm controller leaves them, and how one that failed is tried again.

What always holds: nothing is ever uninstalled, whatever fails and however often. Charts run with
`failurePolicy: abort`: on a release that failed, the job of k3s exits 1 forever and waits for a
person (klipper-helm v0.13.3 `entry`, helm_update). That person is this program. All it does is to
delete Helm's record of the failed try, a Secret, and the job, which the controller recreates at
once. What the try made stays, and Helm takes it over the next time, since it carries the release's
name (helm v4.1.4 pkg/action/validate.go, checkOwnership):

* Of a first install nothing is left then that says it was ever tried: the job installs.
* Of an upgrade the release before is the newest again, still `deployed`, because Helm supersedes it
  only at the end of an upgrade that worked (pkg/action/upgrade.go): the job upgrades.

A release that is `pending-...` may have a job at work and is left alone: where there is none the
job that comes next marks it as failed.

A release that is `deployed` may be the one before: until the controller has seen that the HelmChart
has changed, while its job upgrades, and after a try that failed was forgotten. So a release counts
only by the hash that the controller itself goes by (helm-controller v0.17.9
pkg/controllers/chart/chart.go, getJobAndRelatedResources): the job has it in its environment, and
has Helm write it on the release.
"""

import base64
import logging

from host.kubernetes.kubectl import Kubectl, Object

_SECRETS = "secrets"
_JOBS = "jobs.batch"
_JOBS_NAMESPACE = "kube-system"
_HASH = "helmcharts.helm.cattle.io/configHash"
_log = logging.getLogger(__name__)


def is_deployed(kubectl: Kubectl, chart: Object) -> bool:
    """Whether a HelmChart is deployed as it is now; a release that failed is tried again."""
    release = newest_release(kubectl, chart)
    if release is None or release["metadata"]["labels"]["status"] != "deployed":
        return False
    name, where = chart["metadata"]["name"], ("-n", _JOBS_NAMESPACE)
    job = kubectl.get(_JOBS, f"helm-install-{name}", *where)
    values = kubectl.get(_SECRETS, f"chart-values-{name}", *where)
    return is_of(release, chart, job, values)


def newest_release(kubectl: Kubectl, chart: Object) -> Object | None:
    """Helm's record of the newest release of a HelmChart; one that failed is forgotten."""
    newest = _newest(kubectl, chart)
    if newest is not None and newest["metadata"]["labels"]["status"] == "failed":
        _forget(kubectl, chart, newest)
        return None
    return newest


def is_of(release: Object, chart: Object, job: Object | None, values: Object | None) -> bool:
    """Whether a release is of what a HelmChart asks for, by the controller's job and the Secret of
    its values, which it writes first: pure.
    """
    if job is None:
        return False
    (container,) = job["spec"]["template"]["spec"]["containers"]
    told = {each["name"]: each.get("value") for each in container["env"]}
    written = [base64.b64decode(each).decode() for each in (values or {}).get("data", {}).values()]
    return (
        told.get("VERSION") == chart["spec"]["version"]
        and (not written or chart["spec"]["valuesContent"] in written)
        and told.get("CONFIG_HASH") == release["metadata"]["labels"].get(_HASH)
    )


def _newest(kubectl: Kubectl, chart: Object) -> Object | None:
    """Helm's record of the newest release; its labels are those of helm pkg/storage/driver."""
    of = f"owner=helm,name={chart['metadata']['name']}"
    found = kubectl.list(_SECRETS, chart["spec"]["targetNamespace"], selector=of)
    return max(found, key=lambda each: int(each["metadata"]["labels"]["version"]), default=None)


def _forget(kubectl: Kubectl, chart: Object, release: Object) -> None:
    name = chart["metadata"]["name"]
    _log.warning("Helm could not install %s; it is tried again", name)
    # The job first: one that sees its release vanish would install beside the one that is made.
    kubectl.delete(_JOBS, _JOBS_NAMESPACE, f"helm-install-{name}")
    kubectl.delete(_SECRETS, release["metadata"]["namespace"], release["metadata"]["name"])
