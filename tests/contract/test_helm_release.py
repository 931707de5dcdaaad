"""A chart whose install failed: Helm's record of it, and how the host program heals it.

The double of k3s' Helm controller knows no Helm, so this has a real side only (`--real`): the real
Helm on the real API server, with the host program's own kubectl.
"""

from pathlib import Path

import pytest
import yaml

from drill.kubernetes.cluster_api import namespace_object
from host.apply.helm_release import newest_release
from tests.contract.host_kubectl import host_kubectl
from tests.contract.real.helm_jobs import HelmJobs, write_chart
from tests.contract.side import Object, Side

pytestmark = pytest.mark.slow
NAME = "a-chart"
_GIVES_UP = 1


@pytest.fixture
def jobs(real_alone: Side, request: pytest.FixtureRequest, tmp_path: Path) -> HelmJobs:
    """Of a chart that holds an object of another namespace, which can be absent."""
    kept = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "kept"}}
    elsewhere = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "elsewhere", "namespace": "{{ .Values.where }}"},
    }
    return HelmJobs(
        site=request.getfixturevalue("real_site"),
        name=NAME,
        namespace=real_alone.namespace,
        chart=write_chart(tmp_path, kept, elsewhere),
    )


WIDGET = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}}
"""Of a kind that nobody serves, as cert-manager's are before its chart is installed."""


def records(side: Side) -> dict[str, Object]:
    """Helm's records of the chart's releases, by their names."""
    found = host_kubectl(side).list("secrets", side.namespace, selector=f"owner=helm,name={NAME}")
    return {each["metadata"]["name"]: each for each in found}


def statuses(side: Side) -> dict[str, str]:
    labels = [each["metadata"]["labels"] for each in records(side).values()]
    return {each["version"]: each["status"] for each in labels}


def heals(side: Side, jobs: HelmJobs) -> bool:
    """Whether a release is deployed; one that failed is tried again."""
    newest = newest_release(host_kubectl(side), dict(jobs.helm_chart))
    return newest is not None and newest["metadata"]["labels"]["status"] == "deployed"


def test_an_install_that_failed_is_given_up_by_every_job_that_follows(
    real_alone: Side, jobs: HelmJobs
) -> None:
    assert jobs.run(where="nowhere") != 0

    (record,) = records(real_alone).values()
    assert record["metadata"]["name"] == f"sh.helm.release.v1.{NAME}.v1"
    assert record["type"] == "helm.sh/release.v1"
    assert statuses(real_alone) == {"1": "failed"}
    assert jobs.run(where=real_alone.namespace) == _GIVES_UP
    assert list(records(real_alone).values()) == [record]


def test_a_chart_with_an_object_of_a_kind_that_nobody_serves_leaves_no_record(
    real_alone: Side, jobs: HelmJobs
) -> None:
    (jobs.chart / "templates/widget.yaml").write_text(yaml.safe_dump(WIDGET))

    assert jobs.run(where=real_alone.namespace) != 0

    assert records(real_alone) == {}
    assert not heals(real_alone, jobs)


def test_a_first_install_that_failed_is_healed_and_what_it_made_is_taken_over(
    real_alone: Side, jobs: HelmJobs
) -> None:
    jobs.run(where="nowhere")
    made = real_alone.get("secret", "kept")["metadata"]["uid"]

    assert not heals(real_alone, jobs)
    assert records(real_alone) == {}
    assert real_alone.get("secret", "kept")["metadata"]["uid"] == made
    assert jobs.run(where=real_alone.namespace) == 0

    assert heals(real_alone, jobs)
    assert statuses(real_alone) == {"1": "deployed"}
    assert real_alone.get("secret", "kept")["metadata"]["uid"] == made


def test_an_upgrade_that_failed_is_healed_from_the_release_before(
    real_alone: Side, jobs: HelmJobs
) -> None:
    jobs.run(where=real_alone.namespace)
    assert jobs.run(where="nowhere") != 0
    assert statuses(real_alone) == {"1": "deployed", "2": "failed"}

    assert not heals(real_alone, jobs)
    assert heals(real_alone, jobs), "the release before is the newest again"
    other = f"{real_alone.namespace}-other"
    real_alone.create(namespace_object(other))
    assert jobs.run(where=other) == 0

    assert heals(real_alone, jobs)
    assert statuses(real_alone) == {"1": "superseded", "2": "deployed"}
