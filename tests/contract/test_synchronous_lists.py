"""The lists of standbys that the guard writes: admitted as they are, and merged field by field.

What an instance manager makes of a list, `synchronous_standby_names`, cannot be compared: it is
written in a pod, and no pod ever runs here. `tests/drill/operator/test_standby_names.py` holds the
double to what was seen on real parts.
"""

from datetime import datetime

import pytest

from host.bundle.site_document import SiteDocument
from host.kubernetes.cluster import COVERED_UNTIL, DEGRADED_SINCE, Cluster
from host.writer.region_guard import Step
from host.writer.region_keeper import patch_of, streams_as
from host.writer.standby_list import with_outside
from tests.contract.side import Object, Said, Side
from tests.contract.test_cluster_admission import CLUSTERS, cluster
from tests.host.decisions.examples import document

LOCAL = {"method": "any", "number": 1, "dataDurability": "required", "failoverQuorum": True}
NOW = "2026-11-27T06:00:00+00:00"
TRIES = 20
"""The operator writes the status meanwhile, and each time the resource version is another one."""


def _site() -> SiteDocument:
    return document()


def _made(side: Side, instances: int) -> None:
    """A writer as it is applied first: without the other region."""
    local = {"synchronous": LOCAL} if instances > 1 else {}
    said = side.apply(cluster(side, instances=instances, postgresql=local))
    assert said.exit_code == 0, said.stderr


def _seen(side: Side) -> Cluster:
    return Cluster(item=side.get(CLUSTERS, "here"))


def _generation(side: Side) -> int:
    return int(_seen(side).item["metadata"]["generation"])


def _patch(step: Step, live: Cluster) -> Object:
    return patch_of(step, live, _site(), datetime.fromisoformat(NOW), missing_seconds=0.0)


def _does(side: Side, step: Step) -> None:
    """One step of the guard, over the Cluster as it was read, and once more where that changed."""
    for _ in range(TRIES):
        live = _seen(side)
        said = _patched(side, _patch(step, live), live.resource_version)
        if said.exit_code == 0:
            return
        assert "Conflict" in said.stderr, said.stderr
    raise AssertionError("the Cluster never held still")


def _patched(side: Side, merge: Object, version: str) -> Said:
    metadata = {**merge.get("metadata", {}), "resourceVersion": version}
    return side.patch(CLUSTERS, "here", {**merge, "metadata": metadata})


@pytest.mark.parametrize("instances", [1, 3])
def test_the_other_region_is_put_on_the_list_and_taken_off_again(
    side: Side, instances: int
) -> None:
    _made(side, instances)
    local = _seen(side).synchronous

    generations = [_generation(side)]
    for _ in range(2):
        _does(side, "put back")
        generations.append(_generation(side))
        assert _seen(side).synchronous == with_outside(local, streams_as(_site()))

        _does(side, "let go")
        assert _seen(side).annotation(COVERED_UNTIL) == NOW
        generations.append(_generation(side))
        assert _seen(side).synchronous == local
    assert sorted(set(generations)) == generations, "each list has its own"


def test_the_note_comes_and_goes_beside_a_list_that_stays(side: Side) -> None:
    _made(side, 3)
    _does(side, "put back")
    whole, generation = _seen(side).synchronous, _generation(side)

    _does(side, "write down")
    assert _seen(side).annotation(DEGRADED_SINCE) == NOW
    _does(side, "clear")

    assert _seen(side).annotation(DEGRADED_SINCE) is None
    assert _seen(side).annotation(COVERED_UNTIL) is None
    assert (_seen(side).synchronous, _generation(side)) == (whole, generation)


def test_a_step_over_a_cluster_that_changed_since_is_refused_as_a_conflict(side: Side) -> None:
    _made(side, 3)
    before = _seen(side)
    _does(side, "write down")

    said = _patched(side, _patch("put back", before), before.resource_version)

    assert said.exit_code == 1
    assert said.stderr.startswith("Error from server (Conflict): ")
    assert _seen(side).synchronous == LOCAL


def test_a_quorum_that_the_names_from_outside_could_make_up_alone_is_refused(side: Side) -> None:
    _made(side, 3)
    whole = with_outside(LOCAL, streams_as(_site()))

    said = side.patch(
        CLUSTERS, "here", {"spec": {"postgresql": {"synchronous": {**whole, "number": 1}}}}
    )

    assert said.exit_code == 1
    assert said.stderr.startswith('The Cluster "here" is invalid: spec.postgresql.synchronous: ')
    assert said.stderr.endswith(
        "Invalid failoverQuorum configuration: spec.postgresql.synchronous.number must be greater "
        "than the total number of instances in spec.postgresql.synchronous.standbyNamesPre and "
        "spec.postgresql.synchronous.standbyNamesPost to allow automatic failover.\n"
    )
