"""The cluster of a restore stands alone, whatever the one that it was made from does."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from host.archive.restoration import restored_cluster
from tests.host.decisions.examples import live

AT = datetime(2026, 11, 22, 9, 30, 0, 750_001, tzinfo=UTC)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
SETTINGS = st.fixed_dictionaries(
    {"max_logical_replication_workers": st.sampled_from(["4", "64"])},
    optional={"archive_mode": st.just("on"), "max_connections": st.just("500")},
)
ONLY_A_SITE_HAS = (
    "plugins",
    "replica",
    "backup",
    "managed",
    "replicationSlots",
    "probes",
    "certificates",
)


def restored(at: datetime = AT, **spec: Any) -> dict[str, Any]:
    return restored_cluster(
        live(**spec).item,
        name="before-the-mistake",
        at=at,
        source="primary",
        store="store-primary",
        server_name="postgres-cluster-g2",
    )


@given(
    settings=SETTINGS, also=st.dictionaries(st.sampled_from(ONLY_A_SITE_HAS[2:]), st.just({"a": 1}))
)
def test_it_archives_nothing_follows_nobody_and_subscribes_to_nothing(
    settings: dict[str, str], also: dict[str, Any]
) -> None:
    spec = restored(postgresql={"parameters": settings}, **also)["spec"]

    assert not set(ONLY_A_SITE_HAS) & set(spec)
    assert spec["postgresql"]["parameters"]["max_logical_replication_workers"] == "0"
    assert spec["instances"] == 1


@given(at=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=ZONES))  # noqa: DTZ001
def test_its_target_is_the_moment_to_the_microsecond(at: datetime) -> None:
    target = restored(at)["spec"]["bootstrap"]["recovery"]["recoveryTarget"]

    assert set(target) == {"targetTime"}
    assert datetime.fromisoformat(target["targetTime"]) == at
