"""However a lost region fails at the socket, no command takes that for an answer."""

from collections.abc import Callable
from typing import Any

import pytest

from drill.aws.failure_modes import (
    DEAD,
    REFUSING,
    XML_DEAD,
    XML_REFUSING,
    FailureMode,
)
from pgtwin.aws.aws_site import AwsSite
from pgtwin.aws.buckets import Buckets
from pgtwin.aws.clients import Clients
from pgtwin.aws.outside_fence import OutsideFence
from pgtwin.aws.site_parameters import SiteParameters
from pgtwin.aws.sites import sites
from pgtwin.aws.ssm_host import SsmHost
from pgtwin.errors import SiteRefused, SiteUnreachable
from tests.pgtwin.conftest import REPOSITORY
from topology.load import load
from topology.site import SITES

TOPOLOGY = load(REPOSITORY / "config/default.yaml")
REGION = TOPOLOGY.primary.region
FROM_THE_NETWORK = DEAD[:6]
"""They fail below any protocol, so every service meets them alike."""


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


def _parameter() -> object:
    return SiteParameters(Clients(REGION), TOPOLOGY.names).record()


def _verb() -> object:
    return SsmHost(Clients(REGION), system="pgtwin", site="primary").run("status")


def _account() -> object:
    return Buckets(TOPOLOGY, {name: Clients(REGION) for name in SITES}).names()


def _fence() -> OutsideFence:
    clients = Clients(REGION)
    return OutsideFence(
        regional=clients, worldwide=clients, system="pgtwin", site="primary", roles=["role"]
    )


def _instances() -> object:
    return _fence().stop_instances()


def _policy() -> object:
    return _fence().close_archive(["arn:aws:s3:::bucket/*"])


OBSERVED = {
    "site": "dr",
    "role": "replica",
    "accepts_writes": False,
    "healthy": True,
    "following": True,
    "server_name": "postgres-cluster-dr",
}


def _site(answer: dict[str, Any]) -> AwsSite:
    """A site whose host program gives this answer; everything else is the network's."""

    class Host:
        def run(self, _: str, *__: str) -> dict[str, Any]:
            return answer

    return sites(TOPOLOGY, lambda *_: Host())["dr"]


JSON_CALLS = (_parameter,)
XML_CALLS = (_account, _instances, _policy)
Call = Callable[[], object]


@pytest.mark.parametrize("call", [*JSON_CALLS, *XML_CALLS, _verb])
@pytest.mark.parametrize("mode", FROM_THE_NETWORK, ids=lambda mode: mode.name)
def test_a_region_that_is_dead_at_the_socket_is_unreachable(
    mode: FailureMode, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    _expect(mode, call, SiteUnreachable, monkeypatch)


@pytest.mark.parametrize("call", JSON_CALLS)
@pytest.mark.parametrize("mode", DEAD[6:], ids=lambda mode: mode.name)
def test_a_service_that_answers_with_its_own_failure_is_unreachable(
    mode: FailureMode, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    _expect(mode, call, SiteUnreachable, monkeypatch)


@pytest.mark.parametrize("call", XML_CALLS)
@pytest.mark.parametrize(
    "mode", [*XML_DEAD, *(mode for mode in DEAD if mode.name in ("500 empty", "503 HTML"))]
)
def test_a_service_that_speaks_xml_and_fails_is_unreachable(
    mode: FailureMode, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    _expect(mode, call, SiteUnreachable, monkeypatch)


@pytest.mark.parametrize(
    ("mode", "call"),
    [(mode, call) for mode in REFUSING for call in JSON_CALLS]
    + [(mode, call) for mode in XML_REFUSING for call in XML_CALLS],
)
def test_a_service_that_refuses_the_credentials_has_changed_nothing(
    mode: FailureMode, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    _expect(mode, call, SiteRefused, monkeypatch)


def _expect(
    mode: FailureMode, call: Call, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    with mode.endpoint() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(error):
            call()


@pytest.mark.parametrize("mode", [*FROM_THE_NETWORK, *XML_DEAD], ids=lambda mode: mode.name)
def test_a_site_can_be_observed_while_iam_does_not_answer(
    mode: FailureMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mode.endpoint() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        site = _site({"state": {**OBSERVED, "fenced": False}})

        assert site.observe().fenced is None
        assert _site({"state": {**OBSERVED, "fenced": True}}).observe().fenced is True
