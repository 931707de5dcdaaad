"""A small deployed system in the embedded AWS, and the command line that operates it."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from drill.aws.embedded_aws import EmbeddedAws
from drill.aws.endpoints.endpoints import Endpoints
from drill.failures.deployed import Deployed
from drill.failures.player import PGTWIN
from drill.operator.processes import Processes
from tests.waiting import HANGS_SECONDS

REPOSITORY = Path(__file__).parents[2]
REGIONS = ("eu-west-1", "eu-west-2")
WORLDWIDE = "us-east-1"
COLD = (sys.executable, "-m", "pgtwin")
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


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[str]]:
    """`pgtwin` in a process of its own, without the second that its imports take."""
    with Processes(tmp_path_factory.mktemp("processes")) as processes:
        yield processes.warm([str(PGTWIN)])


@pytest.fixture
def environment(deployed: Deployed, tmp_path: Path) -> dict[str, str]:
    """What leads `pgtwin` to the embedded AWS."""
    return {
        **os.environ,
        **deployed.aws.environment("eu-west-2"),
        "PGTWIN_HOST_COMMAND": deployed.host_command,
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "COLUMNS": "80",
    }


@pytest.fixture
def pgtwin(warm: Sequence[str], environment: dict[str, str], config: Path) -> Pgtwin:
    """Runs `pgtwin` as a user would, against the embedded AWS."""

    def run(*arguments: str) -> Completed:
        where = "--config", str(config)
        return run_pgtwin(*arguments, *where, environment=environment, program=warm)

    return run


def run_pgtwin(
    *arguments: str, environment: Mapping[str, str] | None = None, program: Sequence[str] = COLD
) -> Completed:
    """One run of the command line in a process of its own."""
    return subprocess.run(
        [*program, *arguments],
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
