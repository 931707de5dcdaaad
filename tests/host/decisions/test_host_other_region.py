"""What the status and the metrics say of the other region."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Literal, cast

import pytest

from host.evidence.metrics import metrics
from host.evidence.other_region import other_region_status
from host.evidence.status_document import OtherRegionStatus, StateStatus, StatusDocument
from host.kubernetes.cluster import DEGRADED_SINCE
from host.site import Site
from tests.host.decisions.examples import document, live
from tests.host.decisions.test_host_region_keeper import HERE, Server

Now = Literal["kept", "waits", "degraded"]
CLUSTER = live()


@pytest.mark.parametrize(
    ("region", "note", "now"),
    [
        (HERE, None, "kept"),
        ({**HERE, "sync_state": "quorum"}, None, "kept"),
        ({**HERE, "sync_state": "potential"}, None, "waits"),
        ({**HERE, "streaming": False}, None, "waits"),
        ({**HERE, "connections": 2}, None, "waits"),
        (None, None, "waits"),
        (HERE, "then", "degraded"),
        (None, "then", "degraded"),
    ],
)
def test_the_status_goes_by_what_postgresql_says_and_by_the_note(
    region: dict[str, Any] | None, note: str | None, now: Now
) -> None:
    server = Server(region=region, annotations={DEGRADED_SINCE: note} if note else {})

    assert other_region_status(server.site, CLUSTER) == OtherRegionStatus(
        now=now, degraded_since=note, until=None
    )


def test_the_note_is_read_after_postgresql_was_asked() -> None:
    class Degrades(Server):
        """The note is written while PostgreSQL answers."""

        def run(self, *argv: str, stdin: str = "", timeout_seconds: float = 0) -> Any:
            found = super().run(*argv, stdin=stdin, timeout_seconds=timeout_seconds)
            self.annotations = {DEGRADED_SINCE: "just now"}
            return found

    found = other_region_status(Degrades().site, CLUSTER)

    assert found == OtherRegionStatus(now="degraded", degraded_since="just now", until=None)


def test_a_list_that_asks_for_the_region_is_no_rpo_of_zero() -> None:
    server = Server(region={**HERE, "sync_state": "async"})

    found = other_region_status(server.site, CLUSTER)

    assert found is not None
    assert found.now == "waits"


def test_unknown_is_unknown_and_a_replica_or_another_mode_has_nothing_to_say() -> None:
    silent = Server(answers=False).site
    other_mode = cast("Site", SimpleNamespace(document=document()))

    assert other_region_status(silent, CLUSTER) is None
    assert other_region_status(silent, live(writer=False)) is None
    assert other_region_status(silent, None) is None
    assert other_region_status(other_mode, CLUSTER) is None


@pytest.mark.parametrize(
    ("role", "now", "value"),
    [
        ("writer", "degraded", 1),
        ("writer", "kept", 0),
        ("writer", "waits", 0),
        ("writer", None, None),
        ("replica", None, 0),
    ],
)
def test_the_metric_is_one_while_degraded_and_is_missing_where_it_is_unknown(
    role: str, now: Now | None, value: int | None
) -> None:
    state = SimpleNamespace(
        role=role, streams=True, heartbeat_age_seconds=1.0, commits_stalled=None
    )
    status = StatusDocument(
        schema=1,
        site="primary",
        region="eu-west-1",
        at="",
        bundle="",
        replication="synchronous",
        state=cast("StateStatus", state),
        other_region=OtherRegionStatus(now=now, degraded_since=None, until=None) if now else None,
    )

    assert _value(status) == value
    assert _value(replace(status, replication="streaming")) is None


def _value(status: StatusDocument) -> Any:
    found = {each["MetricName"]: each["Value"] for each in metrics(status, "postgres-cluster")}
    return found.get("RegionNotWaitedFor")
