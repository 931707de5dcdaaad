"""A promotion that must not happen is seen however its attempt ends."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from drill.ground_site import Ran
from drill.scenarios import forged_token
from drill.scenarios.scenario import Broken
from drill.scenarios.stage import Stage
from host.errors import Refused

HEALTHY = "Cluster in healthy state"
Verb = Callable[["Sites"], int]
"""Plays `promote` on DR with a token; its exit code."""


def refuses(_: "Sites") -> int:
    return Refused.exit_code


def times_out(_: "Sites") -> int:
    raise TimeoutError("no end")


def takes_the_token_and_times_out(sites: "Sites") -> int:
    sites.primaries["dr"] = "postgres-cluster-dr"
    raise TimeoutError("no end")


@dataclass
class Sites:
    """Stands for a stage and its twin: two Clusters, and an operator that refuses at once."""

    with_token: Verb = refuses
    promoted_again: int = Refused.exit_code
    moved: bool = False
    primaries: dict[str, str] = field(
        default_factory=lambda: {"primary": "postgres-cluster", "dr": "postgres-cluster"}
    )

    @property
    def twin(self) -> Any:
        named = SimpleNamespace(
            primary=SimpleNamespace(cluster="postgres-cluster"),
            dr=SimpleNamespace(cluster="postgres-cluster-dr"),
        )
        record = {"epoch": 1} if self.moved else {}
        return SimpleNamespace(
            topology=named,
            sites={"dr": SimpleNamespace(objects=self)},
            record=lambda: record,
        )

    def patch(self, _kind: str, _name: str, merge: dict[str, Any]) -> None:
        self.primaries["dr"] = merge["spec"]["replica"]["primary"]

    def verb(self, site: str, _verb: str, option: str, *_: str) -> Ran:
        code = Refused.exit_code
        if option == "--token":
            code = self.with_token(self)
        elif site == "primary":
            code = self.promoted_again
        return Ran(exit_code=code, stdout="", stderr="refused")

    def answer(self, site: str, sql: str) -> Any:
        return site == "dr" if "recovery" in sql else 1

    def spec(self, site: str) -> dict[str, Any]:
        return {"replica": {"primary": self.primaries[site]}}

    def status(self, site: str) -> dict[str, str]:
        forged = self.primaries[site] == "postgres-cluster-dr"
        return {"phase": forged_token.UNRECOVERABLE if forged else HEALTHY}

    def wait(self, condition: Callable[[], bool], _seconds: float, what: str) -> None:
        assert condition(), what


def act(sites: Sites) -> None:
    forged_token.act(cast(Stage, sites))


def test_refused_everywhere_is_kept() -> None:
    act(Sites())


def test_an_attempt_that_timed_out_and_changed_nothing_is_late() -> None:
    with pytest.raises(TimeoutError):
        act(Sites(with_token=times_out))


def test_a_token_that_was_taken_is_seen_although_its_attempt_timed_out() -> None:
    with pytest.raises(Broken, match="stand as before"):
        act(Sites(with_token=takes_the_token_and_times_out))


def test_the_site_that_writes_already_has_to_refuse() -> None:
    with pytest.raises(Broken, match="the writer promoted again"):
        act(Sites(promoted_again=0))


def test_the_repeat_of_the_promotion_that_the_record_permits_is_done() -> None:
    act(Sites(promoted_again=0, moved=True))


def test_an_operator_that_is_slow_to_refuse_is_late_and_the_token_is_taken_back() -> None:
    class Slow(Sites):
        def wait(self, condition: Callable[[], bool], _seconds: float, what: str) -> None:
            raise TimeoutError(what)

    sites = Slow()

    with pytest.raises(TimeoutError):
        act(sites)

    assert sites.primaries["dr"] == "postgres-cluster"
