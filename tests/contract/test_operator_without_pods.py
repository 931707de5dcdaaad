"""What the operator makes of a Cluster where no pod ever runs.

As far as the host program relies on it. On the real side nothing runs Jobs and nothing collects
garbage, so a test ends a Job itself, and looks at who owns what.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from host.evidence.status_parts import certificate_statuses
from host.kubernetes import cluster, recovery_job
from host.kubernetes.cluster import KIND, PAUSED, Cluster
from host.kubernetes.kubectl_failed import Failure, KubectlFailed
from tests.contract.cluster_without_pods import (
    JOB,
    JOIN,
    claims,
    clone,
    give_up,
    join_claim,
    join_job,
    make,
    make_first_pod,
    owner,
    until,
)
from tests.contract.host_kubectl import host_kubectl
from tests.contract.side import Side

pytestmark = pytest.mark.usefixtures("process")


def test_a_clone_is_begun_by_one_job(site: Side) -> None:
    make(site, clone(site))
    kubectl = host_kubectl(site)

    job = until("its Job", lambda: kubectl.get("job.batch", JOB, "-n", site.namespace))

    labels = job["metadata"]["labels"]
    assert (labels["cnpg.io/cluster"], labels["cnpg.io/jobRole"]) == ("there", "full-recovery")
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    assert job["spec"]["template"]["spec"]["containers"][0]["name"] == "full-recovery"
    assert owner(job) == ("Cluster", "there", True)


def test_a_job_that_gave_up_is_told_and_made_anew(site: Side) -> None:
    make(site, clone(site))
    kubectl = host_kubectl(site)
    job = until("its Job", lambda: kubectl.get("job.batch", JOB, "-n", site.namespace))
    if not recovery_job.has_failed(job):
        give_up(site)

    seen = until("the operator's verdict", lambda: _unrecoverable(site))
    assert seen.status("phaseReason") == (
        f"Instance creation failed for the following jobs: {JOB}. Check the job logs to "
        "investigate the cause of the failure."
    )
    assert recovery_job.heal_recovery(kubectl, site.namespace, "there")
    next_job = until("another Job", lambda: kubectl.get("job.batch", JOB, "-n", site.namespace))
    assert next_job["metadata"]["uid"] != job["metadata"]["uid"]


def test_a_standby_whose_job_gave_up_stops_the_work_on_pods_until_the_job_is_deleted(
    begun: Side,
) -> None:
    make_first_pod(begun)
    kubectl = host_kubectl(begun)
    make(begun, join_claim(begun, "initializing"))
    make(begun, join_job(begun))
    give_up(begun, JOIN)

    seen = until("the operator's verdict", lambda: _unrecoverable(begun))
    assert JOIN in seen.status("phaseReason")
    assert recovery_job.heal_recovery(kubectl, begun.namespace, "there")

    assert kubectl.get("job.batch", JOIN, "-n", begun.namespace) is None
    claim = kubectl.get("pvc", "there-2", "-n", begun.namespace)
    assert claim is None or "deletionTimestamp" in claim["metadata"]
    until("another verdict", lambda: not _unrecoverable(begun))


def test_a_standby_whose_claim_is_ready_is_left_as_it_is(begun: Side) -> None:
    kubectl = host_kubectl(begun)
    make(begun, join_claim(begun, "ready"))
    make(begun, join_job(begun))
    give_up(begun, JOIN)

    assert not recovery_job.heal_recovery(kubectl, begun.namespace, "there")

    assert recovery_job.has_failed(begun.get("job.batch", JOIN))
    assert "deletionTimestamp" not in begun.get("pvc", "there-2")["metadata"]


def test_each_volume_of_an_instance_has_a_claim_by_which_it_is_found(begun: Side) -> None:
    found = claims(begun)

    assert list(found) == ["there-1", "there-1-wal"]
    for each, (role, size) in zip(
        found.values(), (("PG_DATA", "2Gi"), ("PG_WAL", "1Gi")), strict=True
    ):
        labels, spec = each["metadata"]["labels"], each["spec"]
        assert (labels["cnpg.io/instanceName"], labels["cnpg.io/pvcRole"]) == ("there-1", role)
        assert spec["resources"]["requests"]["storage"] == size
        assert spec["storageClassName"] == "retain"
        assert owner(each) == ("Cluster", "there", True)


def test_a_cluster_that_is_deleted_is_gone_at_once(begun: Side) -> None:
    assert "finalizers" not in begun.get(KIND, "there")["metadata"]

    assert begun.delete(KIND, "there").exit_code == 0

    said = begun.kubectl("get", KIND, "there", "-n", begun.namespace)
    assert KubectlFailed("", said.stderr).failure is Failure.GONE


@pytest.mark.parametrize("name", ["there-rw", "there-writer"])
def test_a_service_leads_to_the_writer(begun: Side, name: str) -> None:
    service = until(
        "the service", lambda: host_kubectl(begun).get("svc", name, "-n", begun.namespace)
    )

    assert service["spec"]["selector"] == {
        "cnpg.io/cluster": "there",
        "cnpg.io/instanceRole": "primary",
    }
    assert owner(service) == ("Cluster", "there", True)


def test_the_end_of_a_certificate_can_be_read(begun: Side) -> None:
    def ends() -> Any:
        seen = Cluster(item=begun.get(KIND, "there"))
        return certificate_statuses((), seen, datetime.now(UTC))

    for each in until("its certificates", ends):
        assert 80 < each.days_left < 100


def test_a_paused_cluster_is_left_alone(site: Side) -> None:
    make(site, clone(site, "paused", **{PAUSED: "disabled"}))
    make(site, clone(site))

    until("the other's Job", lambda: host_kubectl(site).list("jobs.batch", site.namespace))

    jobs = host_kubectl(site).list("jobs.batch", site.namespace)
    assert [each["metadata"]["name"] for each in jobs] == [JOB]
    assert claims(site, "paused") == {}


def _unrecoverable(side: Side) -> Cluster | None:
    found = Cluster(item=side.get(KIND, "there"))
    return found if found.phase == cluster.UNRECOVERABLE else None
