"""An RPO of 0 as a scenario takes it for true: by the host program's rule, over what is there."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from drill.scenarios import promise
from drill.scenarios.stage import Stage
from host.kubernetes.cluster import DEGRADED_SINCE

HERE = {"streaming": True, "sync_state": "sync", "flushed": 900, "connections": 1}


@dataclass
class Writer:
    """A site that has written 900; what it says of the other region, one answer after another."""

    regions: list[dict[str, Any] | None]
    note: str | None = None
    written: int | None = 900
    asked: list[str] = field(default_factory=list)

    def ask(self, _site: str, sql: str, *values: str) -> Any:
        self.asked.append(sql)
        if not values:
            return self.written
        assert values == ("site-dr",)
        return self.regions.pop(0) if len(self.regions) > 1 else self.regions[0]

    def cluster(self, _site: str) -> dict[str, Any]:
        self.asked.append("cluster")
        return {"metadata": {"annotations": {DEGRADED_SINCE: self.note} if self.note else {}}}

    @property
    def twin(self) -> Any:
        names = SimpleNamespace(standby=lambda site: f"site-{site}")
        return SimpleNamespace(
            topology=SimpleNamespace(waits_for_the_other_region=True, names=names)
        )


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for after two looks."""
    moments = [0.0, 0.5]
    time = SimpleNamespace(
        monotonic=lambda: moments.pop(0) if moments else 9.0, sleep=lambda _: None
    )
    monkeypatch.setattr(promise, "time", time)


def holds(writer: Writer) -> bool | None:
    return promise.holds(cast("Stage", writer), "primary")


def test_it_holds_where_all_that_was_written_has_arrived() -> None:
    writer = Writer(regions=[HERE])

    assert holds(writer) is True
    assert writer.asked[-1] == "cluster", "the note is read after PostgreSQL"


def test_what_is_on_its_way_is_waited_for() -> None:
    assert holds(Writer(regions=[{**HERE, "flushed": 899}, HERE])) is True


@pytest.mark.parametrize(
    "broken",
    [
        {"regions": [{**HERE, "flushed": 899}]},
        {"regions": [{**HERE, "sync_state": "async"}]},
        {"regions": [{**HERE, "connections": 2}]},
        {"regions": [{**HERE, "streaming": False}]},
        {"regions": [None]},
        {"regions": [HERE], "note": "then"},
        {"regions": [HERE], "written": None},
    ],
    ids=["lacks some", "off the list", "two of them", "no stream", "away", "degraded", "unknown"],
)
def test_it_holds_nowhere_else(broken: dict[str, Any]) -> None:
    assert holds(Writer(**broken)) is False
