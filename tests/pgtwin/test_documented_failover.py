"""docs/failover.md at 3 a.m., word for word in a terminal, with credentials for DR alone."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drill.aws.embedded_aws import EmbeddedAws
from drill.aws.endpoints.endpoints import Endpoints
from drill.failure_modes import FailureMode, named
from drill.failures.deployed import Deployed
from stacks.allow import policy
from stacks.people_rights import people_rights
from tests.failover_document import Document
from tests.terminal import Terminal
from topology.load import load

pytestmark = pytest.mark.slow
MODES = ("refused", "swallowed SYN", "DNS gone", "503 HTML", "half dead, SSM lives")
"""One of each kind; `make failures` plays `failover` and `status` in all."""
_PGTWIN = Path(sys.executable).with_name("pgtwin")


@pytest.fixture
def laptop(
    aws: EmbeddedAws, endpoints: Endpoints, deployed: Deployed, config: Path, tmp_path: Path
) -> Iterator[Terminal]:
    """The repository's folder, as far as commands look at it, and `pgtwin` on the path."""
    aws.run_verbs(deployed.topology.name, deployed.host_command)
    folder, programs = tmp_path / "repository", tmp_path / "bin"
    for each in (folder / "config", programs):
        each.mkdir(parents=True)
    (folder / "config" / "default.yaml").write_text(config.read_text())
    command = " ".join([sys.executable, *endpoints.program([str(_PGTWIN)])])
    (programs / "pgtwin").write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    (programs / "pgtwin").chmod(0o755)
    environment = {
        **endpoints.environment(deployed.topology.dr.region),
        **_credentials_for_dr(aws, deployed),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "COLUMNS": "80",
    }
    aws.enforce_iam()
    yield Terminal(folder, environment)
    aws.enforce_iam(enforce=False)
    endpoints.heal()


def _credentials_for_dr(aws: EmbeddedAws, deployed: Deployed) -> dict[str, str]:
    """An operator's, which the other region refuses."""
    iam, name = aws.client("iam", deployed.topology.dr.region), f"{deployed.topology.name}-dr-alone"
    allowed = policy(people_rights(deployed.topology, aws.account)["operator"])
    region = {"StringEquals": {"aws:RequestedRegion": deployed.topology.primary.region}}
    denied = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": region}
    document = {**allowed, "Statement": [*allowed["Statement"], denied]}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    iam.put_role_policy(RoleName=name, PolicyName="person", PolicyDocument=json.dumps(document))
    arn = f"arn:aws:iam::{aws.account}:role/{name}"
    sts = aws.client("sts", deployed.topology.dr.region)
    given = sts.assume_role(RoleArn=arn, RoleSessionName="laptop")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }


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
