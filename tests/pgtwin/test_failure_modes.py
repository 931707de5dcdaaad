"""However a region fails, no command takes that for an answer."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drill.aws.endpoints.endpoints import Endpoints
from drill.aws.endpoints.run_with_names import resolver
from drill.failure_modes import MODES, WELL, FailureMode, named
from pgtwin.aws import buckets, clients, patience
from pgtwin.aws.at_once import at_once
from pgtwin.aws.buckets import Buckets
from pgtwin.aws.clients import WORLDWIDE_REGION, Clients
from pgtwin.aws.outside_fence import OutsideFence
from pgtwin.aws.site_parameters import SiteParameters
from pgtwin.aws.sites import sites
from pgtwin.aws.ssm_host import SsmHost
from pgtwin.errors import SiteFailed, SiteRefused, SiteUnreachable
from pgtwin.site_state import SiteState
from tests.pgtwin.conftest import REPOSITORY
from tests.waiting import HANGS_SECONDS
from topology.load import load
from topology.site import SITES

TOPOLOGY = load(REPOSITORY / "config/default.yaml")
REGION = TOPOLOGY.primary.region
ANSWERING = [mode for mode in MODES if mode.answer]
SILENT = [mode for mode in MODES if mode.services is None and not mode.answer]
PARTIAL = [mode for mode in MODES if mode.services is not None and mode.connecting == "ignored"]


@pytest.fixture
def network(endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoints]:
    """AWS' names lead to the doors, in this process; every region is well at the end."""
    for variable, value in endpoints.environment(REGION).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", resolver(endpoints.table))
    yield endpoints
    endpoints.heal()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    _be_impatient(monkeypatch)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    _be_patient(monkeypatch)


def _be_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For calls that nobody answers."""
    monkeypatch.setattr(patience, "CALL_SECONDS", 1.0)


def _be_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For calls that a service answers, on a machine that is busy with other work."""
    for waiting in (patience, buckets):
        monkeypatch.setattr(waiting, "CALL_SECONDS", HANGS_SECONDS)
    monkeypatch.setattr(clients, "CONNECT_SECONDS", HANGS_SECONDS)
    monkeypatch.setattr(clients, "READ_SECONDS", HANGS_SECONDS)


def _calls() -> dict[str, Callable[[], object]]:
    """One call of each service that `pgtwin` asks, by the service that it asks first."""
    fence = OutsideFence(
        regional=Clients(REGION),
        worldwide=Clients(WORLDWIDE_REGION),
        system="pgtwin",
        site="primary",
        roles=["role"],
    )
    both = Buckets(TOPOLOGY, dict.fromkeys(SITES, Clients(REGION)))
    return {
        "ssm": SiteParameters(Clients(REGION), TOPOLOGY.names).record,
        "ec2": lambda: SsmHost(Clients(REGION), names=TOPOLOGY.names, site="dr").run("status"),
        "sts": both.names,
        "ec2, as a fence": fence.stop_instances,
        "iam": lambda: fence.close_archive(["arn:aws:s3:::bucket/*"]),
    }


def _fail(network: Endpoints, mode: FailureMode) -> None:
    network.fail(REGION, mode)
    network.fail(WORLDWIDE_REGION, mode)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("mode", SILENT, ids=lambda mode: mode.name)
def test_a_region_that_gives_no_answer_is_unreachable(
    mode: FailureMode, network: Endpoints
) -> None:
    _fail(network, mode)

    found = at_once(_calls(), HANGS_SECONDS)

    assert {type(answer) for answer in found.values()} == {SiteUnreachable}


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("mode", ANSWERING, ids=lambda mode: mode.name)
def test_a_region_that_fails_is_told_from_one_that_refuses(
    mode: FailureMode, network: Endpoints
) -> None:
    _fail(network, mode)

    found = at_once(_calls(), HANGS_SECONDS)

    error = SiteRefused if mode.tells == "refused" else SiteUnreachable
    assert {name: type(answer) for name, answer in found.items()} == dict.fromkeys(found, error)


@pytest.mark.parametrize("mode", PARTIAL, ids=lambda mode: mode.name)
def test_where_some_services_fail_the_others_answer(
    mode: FailureMode, network: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail(network, mode)

    for name in ("ssm", "sts", "ec2, as a fence"):
        fails = mode.fails(name.partition(",")[0])
        (_be_impatient if fails else _be_patient)(monkeypatch)
        found = at_once({name: _calls()[name]}, HANGS_SECONDS)
        assert isinstance(found[name], SiteUnreachable) == fails, name


@pytest.mark.parametrize("name", ["refused", "swallowed SYN", "DNS gone", "500", "access denied"])
def test_a_site_can_be_observed_from_outside_while_iam_does_not_answer(
    name: str, network: Endpoints
) -> None:
    network.fail(WORLDWIDE_REGION, named(name))

    assert _observed(fenced=False).fenced is None
    assert _observed(fenced=True).fenced is True


def _observed(*, fenced: bool) -> SiteState:
    """DR, whose host program says this much; everything else is the network's."""

    class Host:
        def run(
            self, verb: str, *arguments: str, within_seconds: float | None = None
        ) -> dict[str, Any]:
            return {"state": {**OBSERVED, "fenced": fenced}}

    return sites(TOPOLOGY, lambda *_: Host())["dr"].observe(outside=True)


OBSERVED = {
    "site": "dr",
    "role": "replica",
    "accepts_writes": False,
    "healthy": True,
    "following": True,
    "server_name": "postgres-cluster-dr",
}


@pytest.mark.usefixtures("patient")
def test_a_region_that_is_well_again_answers(network: Endpoints) -> None:
    _fail(network, MODES[0])
    _fail(network, WELL)

    found = at_once(_calls(), HANGS_SECONDS)

    assert found["ssm"] is None
    assert isinstance(found["ec2, as a fence"], SiteFailed)
    assert not isinstance(found["sts"], Exception)
