"""Every kind that the host program names to kubectl is served under that name."""

import pytest

from host.kubernetes import cluster, operators
from host.kubernetes.operators import has_condition
from host.verification import throw_away
from tests.contract.side import Side, failed

OF_THE_OPERATORS = (
    cluster.KIND,
    cluster.BACKUPS,
    cluster.SCHEDULED_BACKUPS,
    "objectstores.barmancloud.cnpg.io",
)
NAMED = (
    *OF_THE_OPERATORS,
    operators.CRDS,
    operators.DEPLOYMENTS,
    throw_away.CLAIMS,
    throw_away.JOBS,
    "nodes",
    "node",
    "pods",
    "secret",
    "secrets",
    "configmap",
    "podtemplates",
    "job.batch",
    "cronjob.batch",
    "cronjobs.batch",
)


@pytest.mark.parametrize("kind", NAMED)
def test_a_kind_is_served_under_the_name_that_the_host_program_uses(side: Side, kind: str) -> None:
    said = side.kubectl("get", kind, "nobody", "-n", side.namespace, "--ignore-not-found")

    assert (said.exit_code, said.stdout, said.stderr) == (0, "", "")


@pytest.mark.parametrize("name", OF_THE_OPERATORS)
def test_a_kind_of_an_operator_is_established(side: Side, name: str) -> None:
    assert has_condition(side.get(operators.CRDS, name), "Established")


def test_a_kind_that_nobody_serves_is_told_apart_from_an_object_that_is_not_there(
    side: Side,
) -> None:
    said = side.kubectl("get", "widgets", "-n", side.namespace, "-o", "json", "--ignore-not-found")

    assert said == failed('error: the server doesn\'t have a resource type "widgets"')
