"""What an apply deletes: only what is gone from the bundle and can lose no data."""

from hypothesis import given
from hypothesis import strategies as st

from host.apply.manifest import Manifest
from host.apply.plan import ApplyPlan
from host.kubernetes.object_id import CAN_LOSE_NO_DATA, ObjectId

HOLD_DATA = (
    ("", "Namespace"),
    ("", "Secret"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("barmancloud.cnpg.io", "ObjectStore"),
    ("postgresql.cnpg.io", "Backup"),
    ("postgresql.cnpg.io", "Cluster"),
    ("postgresql.cnpg.io", "Database"),
    ("storage.k8s.io", "StorageClass"),
)
ids = st.builds(
    lambda kind, namespace, name: ObjectId(
        group=kind[0], kind=kind[1], namespace=namespace, name=name
    ),
    st.sampled_from((*HOLD_DATA, *sorted(CAN_LOSE_NO_DATA))),
    st.sampled_from(("", "postgres")),
    st.sampled_from(("a", "b")),
)


def manifest(*there: ObjectId) -> Manifest:
    items = tuple(
        {
            "apiVersion": f"{each.group}/v1" if each.group else "v1",
            "kind": each.kind,
            "metadata": {"name": each.name, "namespace": each.namespace},
        }
        for each in there
    )
    return Manifest(name="objects", items=items)


@given(now=st.sets(ids, min_size=1), before=st.frozensets(ids), monitoring=st.booleans())
def test_a_plan_never_deletes_what_could_hold_data_nor_what_is_in_the_bundle(
    now: set[ObjectId], before: frozenset[ObjectId], monitoring: bool
) -> None:
    plan = ApplyPlan.make((manifest(*now),), before, monitoring=monitoring)

    assert not {(each.group, each.kind) for each in plan.deletions} & set(HOLD_DATA)
    assert not set(plan.deletions) & now
    assert set(plan.deletions) | set(plan.orphans) <= before


@given(now=st.sets(ids, min_size=1), before=st.frozensets(ids))
def test_what_left_the_bundle_is_deleted_or_named(
    now: set[ObjectId], before: frozenset[ObjectId]
) -> None:
    plan = ApplyPlan.make((manifest(*now),), before, monitoring=True)

    assert set(plan.deletions) | set(plan.orphans) == before - now


@given(now=st.sets(ids, min_size=1), before=st.frozensets(ids))
def test_without_the_monitoring_api_its_kinds_are_left_alone(
    now: set[ObjectId], before: frozenset[ObjectId]
) -> None:
    plan = ApplyPlan.make((manifest(*now),), before, monitoring=False)

    touched = {*plan.ids, *plan.deletions, *plan.orphans}
    assert not [each for each in touched if each.group == "monitoring.coreos.com"]


def test_the_order_of_the_bundle_is_kept() -> None:
    first = ObjectId(group="", kind="ConfigMap", namespace="postgres", name="b")
    second = ObjectId(group="", kind="ConfigMap", namespace="postgres", name="a")

    plan = ApplyPlan.make((manifest(first), manifest(second)), frozenset(), monitoring=True)

    assert [ObjectId.of(item) for item in plan.objects] == [first, second]
