"""The patches of a major upgrade, and what the operator makes of them.

No double converts data: what the operator does is asked of the real one alone. There nothing runs
Jobs or collects garbage, so a test ends a Job itself, and takes away what the operator deleted.
"""

from collections.abc import Callable

import pytest

from host.kubernetes.cluster import DEGRADED_SINCE, KIND, PAUSED, UPGRADING_TO, Cluster
from host.kubernetes.kubectl_failed import KubectlFailed
from host.kubernetes.postgres_image import data_major, requested_major
from host.major.conversion import STARTING, Conversion, Reversal, UpgradeJob, stopping
from host.major.job import _ROLE
from host.writer.role_step import Patch, Step
from host.writer.standby_list import with_outside
from tests.contract.cluster_without_pods import (
    claims,
    clone,
    give_up,
    make,
    make_first_pod,
    store,
    succeed,
    until,
)
from tests.contract.host_kubectl import host_kubectl
from tests.contract.side import Object, Side, failed
from tests.contract.test_cluster_admission import CLUSTERS, cluster
from tests.contract.test_synchronous_lists import LOCAL, NOW
from tests.host.decisions.examples import IMAGES, document, plugin

NEW = "here-g2"
JOB = "there-1-major-upgrade"
FAILED = UpgradeJob(failed="regproc")
TRIES = 20
"""The operator writes the status meanwhile, and each time the resource version is another one."""
CONVERSION = Conversion(site=document(), server_name=NEW)
REVERSAL = Reversal(site=document(), server_name="here")


def _seen(side: Side, name: str) -> Cluster:
    return Cluster(item=side.get(KIND, name))


def _patch(side: Side, name: str, merge_of: Callable[[Cluster], Object]) -> None:
    """One patch over the Cluster as it was read, and once more where that changed meanwhile."""
    for _ in range(TRIES):
        seen = _seen(side, name)
        merge = merge_of(seen)
        metadata = {**merge.get("metadata", {}), "resourceVersion": seen.resource_version}
        said = side.patch(KIND, name, {**merge, "metadata": metadata})
        if said.exit_code == 0:
            return
        assert KubectlFailed("patch", said.stderr).reason == "Conflict", said.stderr
    raise AssertionError("the Cluster never held still")


def _merge(step: Step) -> Object:
    assert isinstance(step, Patch), step
    return step.merge


def _stop(seen: Cluster) -> Object:
    return stopping(seen, 18, NOW)


def _convert(seen: Cluster) -> Object:
    return _merge(CONVERSION.next_step(seen, None))


def _back(seen: Cluster) -> Object:
    return _merge(REVERSAL.next_step(seen, FAILED))


def _data_is_of(side: Side, name: str, major: int) -> None:
    info = {"image": IMAGES[str(major)], "majorVersion": major}
    said = side.patch(KIND, name, {"status": {"pgDataImageInfo": info}}, "--subresource=status")
    assert said.exit_code == 0, said.stderr


def test_each_patch_of_a_major_upgrade_is_admitted_as_one(side: Side) -> None:
    own = {**plugin("primary", "here"), "isWALArchiver": True}
    whole = {"synchronous": with_outside(LOCAL, "site-dr")}
    made = cluster(side, imageName=IMAGES["17"], plugins=[own], postgresql=whole)
    assert side.apply(made).exit_code == 0
    _data_is_of(side, "here", 17)
    generation = _seen(side, "here").item["metadata"]["generation"]

    _patch(side, "here", _stop)
    stopped = _seen(side, "here")
    assert stopped.stopped
    assert stopped.synchronous == LOCAL
    assert (stopped.annotation(UPGRADING_TO), stopped.annotation(DEGRADED_SINCE)) == ("18", NOW)

    _patch(side, "here", _convert)
    converting = _seen(side, "here")
    assert (requested_major(converting), data_major(converting)) == (18, 17)
    assert converting.server_name == converting.server_name_of("here") == NEW
    assert converting.plugins[0]["isWALArchiver"]

    _patch(side, "here", _back)
    back = _seen(side, "here")
    assert (requested_major(back), data_major(back)) == (17, 17)
    assert back.server_name == back.server_name_of("here") == "here"
    assert back.item["metadata"]["generation"] == generation + 3, "one change of the spec each"

    _patch(side, "here", lambda _: STARTING)
    assert not _seen(side, "here").stopped
    assert _seen(side, "here").annotation(UPGRADING_TO) is None


def test_an_image_that_is_older_than_the_data_is_refused(side: Side) -> None:
    assert side.apply(cluster(side, imageName=IMAGES["18"])).exit_code == 0
    _data_is_of(side, "here", 18)

    said = side.patch(CLUSTERS, "here", {"spec": {"imageName": IMAGES["17"]}})

    assert said == failed(
        'The Cluster "here" is invalid: spec.imageName: Invalid value: "17": can\'t downgrade '
        "from major 18 to 17"
    )


@pytest.fixture
def converting(real_alone: Side) -> Side:
    """A site of PostgreSQL 17 that was stopped and told the image of 18: the operator has made its
    job. The status names the leading instance as its manager would.
    """
    item = clone(real_alone)
    item["spec"]["bootstrap"] = {"initdb": {"database": "app", "owner": "app"}}
    item["spec"] |= {"imageName": IMAGES["17"]}
    item["spec"]["replica"]["primary"] = "there"
    make(real_alone, store(real_alone))
    make(real_alone, item)
    until("its claims", lambda: len(claims(real_alone)) > 1)
    make_first_pod(real_alone)
    leads = {"status": {"currentPrimary": "there-1"}}
    assert real_alone.patch(KIND, "there", leads, "--subresource=status").exit_code == 0
    _patch(real_alone, "there", _stop)
    _patch(real_alone, "there", _convert)
    until("the job of the upgrade", lambda: _upgrade_job(real_alone))
    return real_alone


def test_a_stopped_writer_with_a_newer_image_is_converted_by_one_job_of_one_try(
    converting: Side,
) -> None:
    job = converting.get("job.batch", JOB)

    assert job["spec"]["backoffLimit"] == 0
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == IMAGES["18"]
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert "cnpg.io/podRole" not in labels, "the host program deletes the instances' pods"
    assert host_kubectl(converting).get("pod", "there-1", "-n", converting.namespace) is None
    assert data_major(_seen(converting, "there")) == 17

    succeed(converting, JOB)

    until("the new version", lambda: data_major(_seen(converting, "there")) == 18)
    until("the end of the job", lambda: _upgrade_job(converting) is None)
    assert _seen(converting, "there").stopped


def test_the_old_image_ends_a_job_that_failed_and_the_data_stays_old(converting: Side) -> None:
    give_up(converting, JOB)

    _patch(converting, "there", _back)

    until("the end of the job", lambda: _upgrade_job(converting) is None)
    assert data_major(_seen(converting, "there")) == 17
    assert _seen(converting, "there").stopped


def test_the_old_image_ends_a_job_that_still_works(converting: Side) -> None:
    """Why the way back waits for its end."""
    _patch(converting, "there", _back)

    until("the end of the job", lambda: _upgrade_job(converting) is None)


def test_of_a_job_that_succeeded_the_operator_believes_the_image_that_is_asked_for_then(
    converting: Side,
) -> None:
    """Why the way back waits for the operator too: it would call converted data old."""
    _patch(converting, "there", lambda _: {"metadata": {"annotations": {PAUSED: "disabled"}}})
    succeed(converting, JOB)
    _patch(converting, "there", _back)
    _patch(converting, "there", lambda _: {"metadata": {"annotations": {PAUSED: None}}})

    until("the end of the job", lambda: _upgrade_job(converting) is None)
    seen = _seen(converting, "there")
    assert seen.status("timelineID") == 1, "as the operator notes it of converted data"
    assert data_major(seen) == 17


def _upgrade_job(side: Side) -> Object | None:
    """The job of the upgrade, found as the host program finds it."""
    kubectl = host_kubectl(side)
    for job in kubectl.list("jobs.batch", side.namespace):
        if "deletionTimestamp" in job["metadata"]:
            unheld = {"metadata": {"finalizers": None}}
            side.patch("job.batch", job["metadata"]["name"], unheld)
    found = kubectl.list("jobs.batch", side.namespace, selector=f"cnpg.io/cluster=there,{_ROLE}")
    return next((job for job in found if "deletionTimestamp" not in job["metadata"]), None)
