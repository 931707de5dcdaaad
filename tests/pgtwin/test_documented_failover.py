"""docs/failover.md at 3 a.m., word for word in a terminal, with credentials for DR alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drill.aws.embedded_aws import EmbeddedAws
from drill.aws.endpoints.endpoints import Endpoints
from drill.failure_modes import FailureMode, named
from drill.failures.deployed import Deployed
from tests.failover_document import Document
from tests.laptop import Laptop
from tests.terminal import Terminal
from topology.load import load

pytestmark = pytest.mark.slow
MODES = ("refused", "swallowed SYN", "DNS gone", "503 HTML", "half dead, SSM lives")
"""One of each kind; `make failures` plays `failover` and `status` in all."""


@pytest.fixture
def laptop(
    aws: EmbeddedAws, endpoints: Endpoints, deployed: Deployed, config: Path, tmp_path: Path
) -> Iterator[Terminal]:
    """Its credentials are refused by the other region."""
    place = Laptop(aws, endpoints, deployed, tmp_path)
    with place.used(config, place.operator(refused_by="primary")) as terminal:
        yield terminal


def _lose(deployed: Deployed, endpoints: Endpoints, mode: FailureMode) -> None:
    """The primary's machines die, and its services fail in this mode."""
    state = deployed.states / "primary.json"
    state.rename(state.with_suffix(".lost"))
    endpoints.fail(deployed.topology.primary.region, mode)


@pytest.mark.parametrize("mode", MODES)
def test_whoever_follows_the_document_has_a_writer_again(
    mode: str, laptop: Terminal, deployed: Deployed, endpoints: Endpoints, tmp_path: Path
) -> None:
    document = Document.read()
    _lose(deployed, endpoints, named(mode))
    screens = []

    for command in document.commands:
        code, screen = laptop.type(command, answers={document.question: document.word})
        if code in (3, 4):  # as on a machine that is too busy: the table says what to do
            code, screen = laptop.type(command, answers={document.question: document.word})
        assert code == 0, screen
        assert "Traceback" not in screen
        screens.append(screen)

    before, failover, after = screens
    assert not any(line.startswith("primary writes") for line in before.splitlines()), before
    lines = failover.splitlines()
    assert sum(line.startswith(document.fence) for line in lines) == 2, failover
    assert document.end in lines, failover
    assert any(line.startswith("dr writes") for line in after.splitlines()), after
    assert deployed.state("dr")["accepts_writes"]
    assert load(tmp_path / "repository/config/default.yaml").writer == "dr"
    balancer = deployed.parameter("dr", deployed.topology.names.outputs_parameter("dr"))
    assert {deployed.alias("primary"), deployed.alias("dr")} == {balancer["load_balancer"]}
