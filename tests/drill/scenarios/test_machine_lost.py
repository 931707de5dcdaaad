"""Names are resolved while a machine of the site has no power."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from drill.ground_site import NoAnswer, Objects
from drill.scenarios.machine_lost import await_names
from drill.scenarios.name_servers import name_servers
from drill.scenarios.scenario import Broken
from drill.scenarios.stage import Stage


def pod(name: str, machine: str | None, *, ready: str, app: str = "kube-dns") -> dict[str, Any]:
    """As kubectl prints one of k3s' own pods, shortened; unscheduled where there is no machine."""
    spec = {"serviceAccountName": name, "priorityClassName": "system-cluster-critical"}
    conditions = [
        {"type": "PodReadyToStartContainers", "status": "True"},
        {"type": "Ready", "status": ready, "lastTransitionTime": "2026-11-26T13:02:11Z"},
    ]
    return {
        "metadata": {"name": name, "namespace": "kube-system", "labels": {"k8s-app": app}},
        "spec": spec | ({"nodeName": machine} if machine else {}),
        "status": {"phase": "Running", "conditions": conditions} if machine else {},
    }


class Site:
    """A site whose API lists these pods, all of k3s' own; the stage of a scenario, too."""

    def __init__(self, *pods: dict[str, Any]) -> None:
        self._pods = pods

    @property
    def twin(self) -> Any:
        return SimpleNamespace(sites={"primary": SimpleNamespace(objects=self)})

    def list(self, kind: str, namespace: str = "") -> tuple[dict[str, Any], ...]:
        return self._pods if (kind, namespace) == ("Pod", "kube-system") else ()

    def wait(self, condition: Callable[[], bool], _seconds: float, what: str) -> None:
        if not condition():
            raise TimeoutError(what)


def lose_agent_1(*pods: dict[str, Any]) -> None:
    await_names(cast(Stage, Site(*pods)), "agent-1")


ON_THE_LOST = pod("coredns-1", "agent-1", ready="True")
"""`Ready` until the machine is taken for lost, which is no answer to anybody."""
ELSEWHERE = pod("coredns-2", "agent-2", ready="True")
NOT_YET = pod("coredns-3", "agent-3", ready="False")
UNSCHEDULED = pod("coredns-4", None, ready="False")
OTHER = pod("local-path-provisioner", "server-1", ready="True", app="local-path")


def test_a_coredns_is_told_from_the_other_pods_of_k3s() -> None:
    api = cast(Objects, Site(ON_THE_LOST, NOT_YET, UNSCHEDULED, OTHER))

    assert name_servers(api) == {"agent-1": True, "agent-3": False}


def test_one_that_is_ready_elsewhere_is_enough() -> None:
    lose_agent_1(ON_THE_LOST, NOT_YET, ELSEWHERE)


def test_one_coredns_on_the_lost_machine_breaks_the_promise() -> None:
    with pytest.raises(Broken, match="other machines than agent-1"):
        lose_agent_1(ON_THE_LOST, UNSCHEDULED, OTHER)


def test_one_elsewhere_that_is_not_ready_is_late() -> None:
    with pytest.raises(TimeoutError, match="another machine than agent-1"):
        lose_agent_1(ON_THE_LOST, NOT_YET)


def test_an_api_that_lists_nothing_has_not_said_that_there_is_none() -> None:
    with pytest.raises(NoAnswer):
        lose_agent_1()
