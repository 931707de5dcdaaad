"""`pgtwin` with nothing but the operator's policy, IAM enforced: it is enough for its work."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from drill.aws.embedded_aws import EmbeddedAws
from drill.failures.deployed import Deployed
from stacks.allow import policy
from stacks.people_rights import people_rights
from tests.pgtwin.conftest import Completed, result, run_pgtwin
from topology.site import SITES

pytestmark = pytest.mark.slow
As = Callable[..., Completed]


@pytest.fixture
def as_person(aws: EmbeddedAws, deployed: Deployed, config: Path, tmp_path: Path) -> Iterator[As]:
    """Runs `pgtwin` as `operator` or `reader`."""
    rights = people_rights(deployed.topology, aws.account)

    def run(who: str, *arguments: str) -> Completed:
        return run_pgtwin(
            *arguments,
            "--config",
            str(config),
            environment={
                **os.environ,
                **aws.environment("eu-west-2"),
                **_credentials(aws, f"{deployed.topology.name}-{who}", policy(rights[who])),
                "PGTWIN_HOST_COMMAND": deployed.host_command,
                "XDG_STATE_HOME": str(tmp_path / "state"),
            },
        )

    aws.enforce_iam()
    yield run
    aws.enforce_iam(enforce=False)


def _credentials(aws: EmbeddedAws, role: str, document: object) -> dict[str, str]:
    iam = aws.client("iam", "eu-west-2")
    # Not looked up: a page of IAM's list has a hundred roles, and other tests made more.
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
        iam.put_role_policy(RoleName=role, PolicyName="person", PolicyDocument=json.dumps(document))
    arn = f"arn:aws:iam::{aws.account}:role/{role}"
    given = aws.client("sts", "eu-west-2").assume_role(RoleArn=arn, RoleSessionName="test")
    return {
        "AWS_ACCESS_KEY_ID": given["Credentials"]["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["Credentials"]["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["Credentials"]["SessionToken"],
    }


def test_an_operator_looks_moves_the_writer_and_comes_back(
    as_person: As, deployed: Deployed
) -> None:
    for command in (
        ("status",),
        ("switchover", "--to", "dr"),
        ("switchover", "--to", "primary"),
        ("connect", "--print"),
        ("dump", "list"),
        ("backup", "list"),
        ("report", "--to", os.devnull),
    ):
        done = as_person("operator", *command, "--json")

        assert done.returncode == 0, (command, done.stdout, done.stderr)
        assert "AccessDenied" not in done.stdout + done.stderr

    for site in SITES:
        record = deployed.parameter(site, deployed.topology.names.record_parameter())
        assert (record["epoch"], record["writer"]) == (3, "primary")


def test_an_operator_fences_the_lost_site_from_outside(as_person: As, deployed: Deployed) -> None:
    deployed.lose("primary")

    done = as_person("operator", "failover", "--to", "dr", "--yes-lose-up-to", "60s")

    assert done.returncode == 0, (done.stdout, done.stderr)
    assert "AccessDenied" not in done.stdout + done.stderr
    names = deployed.topology.names
    fenced = deployed.client("iam", "dr").list_role_policies(RoleName=names.agent_role("primary"))
    assert "pgtwin-fence" in fenced["PolicyNames"]


def test_what_a_report_asks_of_aws_is_within_a_readers_rights(as_person: As) -> None:
    done = as_person("reader", "report", "--to", os.devnull, "--json")

    assert done.returncode == 0, (done.stdout, done.stderr)
    assert "AccessDenied" not in done.stdout + done.stderr


def test_what_doctor_asks_of_aws_is_within_a_readers_rights(as_person: As) -> None:
    done = as_person("reader", "doctor", "--json")

    assert {each["what"] for each in json.loads(done.stdout)} >= {
        *("deployment of primary", "leftover of dr", "alarms of dr", "vCPU quota in eu-west-2"),
        *("instance type in eu-west-1", "bootstrap in eu-west-1"),
        *("address quota in eu-west-1", "VPC quota in eu-west-2"),
    }
    for denied in ("AccessDenied", "Unauthorized", "not authorized"):
        assert denied not in done.stdout + done.stderr


def test_a_reader_is_refused_before_anything_is_changed(as_person: As, deployed: Deployed) -> None:
    done = as_person("reader", "switchover", "--to", "dr", "--json")

    assert done.returncode != 0
    assert result(done)["outcome"] != "done"
    assert deployed.state("primary")["accepts_writes"]
    names, ssm = deployed.topology.names, deployed.client("ssm", "primary")
    assert ssm.get_parameters(Names=[names.record_parameter()])["Parameters"] == []
