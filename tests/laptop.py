"""An operator's laptop: the repository's folder, `pgtwin` on the path, a person's rights."""

import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from drill.aws.embedded_aws import EmbeddedAws
from drill.aws.endpoints.endpoints import Endpoints
from drill.failures.deployed import Deployed
from stacks.allow import policy
from stacks.people_rights import people_rights
from tests.golden import ROOT
from tests.terminal import Terminal
from topology.site import SiteName

_PGTWIN = Path(sys.executable).with_name("pgtwin")


@dataclass(frozen=True)
class Laptop:
    """In front of the embedded AWS, which judges what its credentials may."""

    aws: EmbeddedAws
    endpoints: Endpoints
    deployed: Deployed
    folder: Path

    @contextmanager
    def used(self, config: Path, credentials: dict[str, str]) -> Iterator[Terminal]:
        """A terminal on it, until the end of the block."""
        self.aws.run_verbs(self.deployed.topology.name, self.deployed.host_command)
        repository, programs = self.folder / "repository", self.folder / "bin"
        for each in (repository / "config", programs):
            each.mkdir(parents=True)
        (repository / "config" / "default.yaml").write_text(config.read_text())
        command = " ".join([sys.executable, *self.endpoints.program([str(_PGTWIN)])])
        (programs / "pgtwin").write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (programs / "pgtwin").chmod(0o755)
        environment = {
            **self.endpoints.environment(self.deployed.topology.dr.region),
            **credentials,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "COLUMNS": "80",
        }
        self.aws.enforce_iam()
        try:
            yield Terminal(repository, environment)
        finally:
            self.aws.enforce_iam(enforce=False)
            self.endpoints.heal()

    def operator(self, *, refused_by: SiteName | None = None) -> dict[str, str]:
        """What build/policies/operator.json permits; one region may refuse everything."""
        topology, here = self.deployed.topology, self.deployed.topology.dr.region
        document = policy(people_rights(topology, self.aws.account)["operator"])
        if refused_by:
            region = {"StringEquals": {"aws:RequestedRegion": topology.site(refused_by).region}}
            denied = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": region}
            document = {**document, "Statement": [*document["Statement"], denied]}
        iam, name = self.aws.client("iam", here), f"{topology.name}-{secrets.token_hex(4)}"
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
        iam.put_role_policy(RoleName=name, PolicyName="person", PolicyDocument=json.dumps(document))
        arn = f"arn:aws:iam::{self.aws.account}:role/{name}"
        sts = self.aws.client("sts", here)
        given = sts.assume_role(RoleArn=arn, RoleSessionName="laptop")["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
        }
