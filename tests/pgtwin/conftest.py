"""A small deployed system in the embedded AWS, and the command line that operates it."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drill.aws.embedded_aws import EmbeddedAws
from drill.aws.endpoints.endpoints import Endpoints
from drill.failures.deployed import Deployed
from tests.waiting import HANGS_SECONDS

REPOSITORY = Path(__file__).parents[2]
REGIONS = ("eu-west-1", "eu-west-2")
WORLDWIDE = "us-east-1"
Completed = subprocess.CompletedProcess[str]
Pgtwin = Callable[..., Completed]


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with EmbeddedAws(REGIONS, log=tmp_path_factory.mktemp("aws") / "aws.log") as embedded:
        yield embedded


@pytest.fixture(scope="session")
def endpoints(aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """Each service of each region at an address of its own; every region is well."""
    with Endpoints(aws, tmp_path_factory.mktemp("endpoints")) as endpoints:
        yield endpoints


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A system of its own: names do not meet those of other tests, and commands edit the file."""
    name = f"t{secrets.token_hex(4)}"
    text = (REPOSITORY / "config" / "default.yaml").read_text()
    text = text.replace("name: pgtwin", f"name: {name}")
    path = tmp_path / "config.yaml"
    path.write_text(text.replace("backup-bucket", name))
    return path


@pytest.fixture
def deployed(aws: EmbeddedAws, config: Path, tmp_path: Path) -> Iterator[Deployed]:
    """What the stacks would leave, as far as `pgtwin` looks at it."""
    yield Deployed.make(aws, config, tmp_path)
    for region in REGIONS:
        aws.heal(region)


@pytest.fixture
def pgtwin(deployed: Deployed, config: Path, tmp_path: Path) -> Pgtwin:
    """Runs `pgtwin` as a user would, against the embedded AWS."""
    environment = {
        **os.environ,
        **deployed.aws.environment("eu-west-2"),
        "PGTWIN_HOST_COMMAND": deployed.host_command,
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "COLUMNS": "80",
    }

    def run(*arguments: str) -> Completed:
        return run_pgtwin(*arguments, "--config", str(config), environment=environment)

    return run


def run_pgtwin(*arguments: str, environment: dict[str, str] | None = None) -> Completed:
    """One run of the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pgtwin", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        timeout=HANGS_SECONDS,
        stdin=subprocess.DEVNULL,
        env=environment,
    )


def result(completed: Completed) -> Any:
    """What was printed with --json."""
    return json.loads(completed.stdout)
