"""One embedded AWS for quick tests, one with both stacks in it for those that look at them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drill.aws.deployment import Deployment
from drill.aws.embedded_aws import EmbeddedAws

PRIMARY, DR = "eu-west-1", "eu-west-2"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    log = tmp_path_factory.mktemp("aws") / "aws.log"
    with EmbeddedAws((PRIMARY, DR), log=log) as embedded:
        yield embedded


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Both stacks, deployed once for the tests that leave them; mark those for one worker."""
    with deployed(tmp_path_factory.mktemp("deployment")) as both:
        yield both


@contextmanager
def deployed(work: Path) -> Iterator[Deployment]:
    """Both stacks in an embedded AWS of their own."""
    with EmbeddedAws((PRIMARY, DR), log=work / "aws.log") as embedded:
        both = Deployment(embedded=embedded, config=Path("config/default.yaml"), work=work)
        both.deploy()
        yield both
