"""Run Command takes what the deployed document takes, and nothing else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from drill.aws.command_document import refusals
from drill.aws.embedded_aws import EmbeddedAws
from tests.waiting import eventually

CONTENT = {
    "schemaVersion": "2.2",
    "parameters": {
        "verb": {"type": "String", "allowedPattern": "^[a-z]+$"},
        "site": {"type": "String", "default": "dr", "allowedValues": ["dr", "primary"]},
    },
    "mainSteps": [],
}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "verb has no default and must be given"),
        ({"verb": ["status"], "node": ["a"]}, "node is not a parameter of the document"),
        ({"verb": ["pg_upgrade"]}, "verb: 'pg_upgrade' does not match ^[a-z]+$"),
        (
            {"verb": ["status"], "site": ["both"]},
            "site: 'both' is none of ['dr', 'primary']",
        ),
    ],
)
def test_a_command_that_its_document_does_not_take_is_refused(
    given: dict[str, list[str]], why: str
) -> None:
    assert list(refusals(CONTENT, given)) == [why]


def test_a_command_that_its_document_takes_is_not_refused() -> None:
    assert not list(refusals(CONTENT, {"verb": ["status"]}))
    assert not list(refusals(CONTENT, {"verb": ["status"], "site": ["primary"]}))


@pytest.fixture
def ssm(aws: EmbeddedAws) -> Iterator[Any]:
    aws.run_verbs("some", "echo")
    client = aws.client("ssm", "eu-west-1")
    client.create_document(
        Name="some-primary-host", Content=json.dumps(CONTENT), DocumentType="Command"
    )
    yield client
    client.delete_document(Name="some-primary-host")


def send(ssm: Any, name: str, verb: str) -> str:
    sent = ssm.send_command(DocumentName=name, InstanceIds=["i-1"], Parameters={"verb": [verb]})
    return str(sent["Command"]["CommandId"])


def test_the_deployed_document_decides_what_runs(ssm: Any) -> None:
    command = send(ssm, "some-primary-host", "status")

    def printed() -> bool:
        found = ssm.get_command_invocation(CommandId=command, InstanceId="i-1")
        return bool(found["StandardOutputContent"] == "primary status\n")

    eventually(printed)
    for name, verb, error in (
        ("some-primary-host", "pg_upgrade", "InvalidParameters"),
        ("some-dr-host", "status", "InvalidDocument"),
    ):
        with pytest.raises(ClientError, match=error):
            send(ssm, name, verb)


@pytest.mark.parametrize(
    ("exit_code", "said"),
    [
        (0, ("Success", "Success")),
        (3, ("Failed", "Failed")),
        # A machine without power never takes the command (API reference, GetCommandInvocation).
        (69, ("TimedOut", "DeliveryTimedOut")),
    ],
)
def test_how_a_command_ended_is_said_in_the_words_of_the_api(
    aws: EmbeddedAws, ssm: Any, exit_code: int, said: tuple[str, str]
) -> None:
    aws.run_verbs("some", f"sh -c 'exit {exit_code}'")

    command = send(ssm, "some-primary-host", "status")

    def ended() -> tuple[str, str]:
        found = ssm.get_command_invocation(CommandId=command, InstanceId="i-1")
        return found["Status"], found["StatusDetails"]

    eventually(lambda: ended()[0] != "InProgress")
    assert ended() == said
    assert said[0] in ssm.meta.service_model.shape_for("CommandInvocationStatus").enum
