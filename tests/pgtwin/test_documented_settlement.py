"""Two sites that write, settled as docs/failover.md says, with an operator's rights alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drill.aws.embedded_aws import EmbeddedAws
from drill.aws.endpoints.endpoints import Endpoints
from drill.failures.deployed import Deployed
from tests.failover_document import settlement
from tests.laptop import Laptop
from tests.terminal import Terminal
from topology.site import SITES

pytestmark = pytest.mark.slow


@pytest.fixture
def laptop(
    aws: EmbeddedAws, endpoints: Endpoints, deployed: Deployed, config: Path, tmp_path: Path
) -> Iterator[Terminal]:
    place = Laptop(aws, endpoints, deployed, tmp_path)
    with place.used(config, place.operator()) as terminal:
        yield terminal


def test_whoever_follows_the_document_has_one_writer_and_a_replica(
    laptop: Terminal, deployed: Deployed
) -> None:
    for site in SITES:
        deployed.put_record(site, epoch=5, writer=site)
    alone = {"unarchived_count": 0, "unarchived_segments": []}
    deployed.set_state("dr", role="writer", accepts_writes=True, following=False, **alone)
    words = [deployed.topology.site(site).cluster for site in SITES]
    answers = {f"Type {word} to continue:": word for word in words}
    _, before = laptop.type("pgtwin status")
    record, failback, status = settlement()

    for command in (record, failback):
        code, screen = laptop.type(command, answers=answers)
        assert code == 0, screen
        assert "Traceback" not in screen
    _, after = laptop.type(status)

    assert before.startswith("both sites accept writes; the two regions' records name different")
    assert after.startswith("primary writes; failover ready"), after
    assert not deployed.state("dr")["accepts_writes"]
    for site in SITES:
        found = deployed.parameter(site, deployed.topology.names.record_parameter())
        assert (found["writer"], found["token"]) == ("primary", "")
