"""Whose credentials a thief may hold, and where they come from."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from drill.aws.embedded_aws import EmbeddedAws
from topology.names import ACCOUNT_PLACEHOLDER
from topology.site import SITES, SiteName
from topology.topology import Topology

DUMP_POD, OPERATOR, READER, CI = "dump pod", "operator", "reader", "CI"
_SESSION = "thief"


@dataclass(frozen=True)
class Principal:
    """A name and its credentials: of a deployed machine's role, or of a person's policy."""

    name: str
    embedded: EmbeddedAws
    key: str
    secret: str
    token: str

    def client(self, service: str, region: str) -> Any:
        """A boto3 client with these credentials."""
        return boto3.session.Session().client(
            service,
            region_name=region,
            endpoint_url=self.embedded.endpoint(region),
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
            aws_session_token=self.token,
        )


def machine(site: SiteName, role: str) -> str:
    """The name of the principal that a site's machines of one role are."""
    return f"{site} {role}"


def principals(embedded: EmbeddedAws, topology: Topology, policies: Path) -> Iterator[Principal]:
    """All of them; `policies` is the folder that `make synth` writes the people's into."""
    for site in SITES:
        for role in ("server", "agent") if topology.site(site).agents else ("server",):
            yield _of_machine(machine(site, role), embedded, topology, site, role)
    # The dump's pod takes the role of the machine that it runs on.
    role = "agent" if topology.primary.agents else "server"
    yield _of_machine(DUMP_POD, embedded, topology, "primary", role)
    for name in (OPERATOR, READER):
        text = (policies / f"{name}.json").read_text(encoding="utf-8")
        document = text.replace(ACCOUNT_PLACEHOLDER, embedded.account)
        yield _of_person(name, embedded, topology, document)
    yield _of_person(CI, embedded, topology, "")


def _of_machine(
    name: str, embedded: EmbeddedAws, topology: Topology, site: SiteName, role: str
) -> Principal:
    region = topology.site(site).region
    tags = {"system": topology.name, "site": site, "role": role}
    filters = [{"Name": f"tag:pgtwin:{key}", "Values": [value]} for key, value in tags.items()]
    found = embedded.client("ec2", region).describe_instances(Filters=filters)["Reservations"]
    given = embedded.instance_credentials(region, found[0]["Instances"][0]["InstanceId"])
    return Principal(name, embedded, given["AccessKeyId"], given["SecretAccessKey"], given["Token"])


def _of_person(name: str, embedded: EmbeddedAws, topology: Topology, document: str) -> Principal:
    """A role with the policy of the synthesised files, as a permission set would make it."""
    region = topology.primary.region
    iam, role = embedded.client("iam", region), f"{topology.name}-thief-{name}"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{embedded.account}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    # Not looked up: a page of IAM's list has a hundred roles.
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))
    if document:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
    given = embedded.client("sts", region).assume_role(
        RoleArn=f"arn:aws:iam::{embedded.account}:role/{role}", RoleSessionName=_SESSION
    )["Credentials"]
    return Principal(
        name, embedded, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
    )
