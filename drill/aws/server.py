"""`python -m drill.aws.server REGION[=ADDRESS:PORT]...`: the process of the embedded AWS.

Each region listens on a free port of loopback, and at the address where one is given.

Prints one JSON line with its ports once it answers, and ends when its standard input closes: a
parent that dies, however it dies, takes the emulator with it.
"""

import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.sts.models import sts_backends

from drill.aws import permissions, public_objects, quotas, web_identity_roles
from drill.aws.admin_server import AdminServer
from drill.aws.cloudformation.apis import Apis
from drill.aws.cloudformation.dooms import Dooms
from drill.aws.cloudformation.install import install
from drill.aws.cloudformation.waiting import SIGNALS
from drill.aws.dispatcher import Dispatcher
from drill.aws.faults import Faults
from drill.aws.images import publish_ubuntu
from drill.aws.region_gate import RegionGate
from drill.aws.region_server import RegionServer
from drill.aws.run_command import RunCommand
from drill.failure_modes import Cut

ADMINISTRATOR = "administrator"


@dataclass(frozen=True, kw_only=True)
class Region:
    """A region, and where else than on loopback it listens."""

    name: str
    addresses: tuple[tuple[str, int], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Region":
        """Read `REGION` or `REGION=ADDRESS:PORT`."""
        name, *addresses = text.split("=")
        pairs = (address.partition(":") for address in addresses)
        return cls(name=name, addresses=tuple((host, int(port)) for host, _, port in pairs))

    @property
    def published(self) -> str | None:
        """The URL of its address; None where it only listens on loopback."""
        return next((f"http://{host}:{port}" for host, port in self.addresses), None)


class Server:
    """moto behind one port per region, and the commands that the administration port offers."""

    def __init__(self, regions: Sequence[Region]) -> None:
        self._faults = Faults()
        self._run_command = RunCommand()
        gate = RegionGate(
            aws=Dispatcher(),
            faults=self._faults,
            signals=SIGNALS,
            bucket_region=_bucket_region,
            run_command=self._run_command,
        )
        # By name on loopback, where buckets are names below it.
        loopback = {region.name: RegionServer(gate.through(region.name)) for region in regions}
        self.endpoints = {
            name: f"http://localhost:{server.port}" for name, server in loopback.items()
        }
        self._listening = {
            region.name: [
                loopback[region.name],
                *(
                    RegionServer(gate.through(region.name), *address)
                    for address in region.addresses
                ),
            ]
            for region in regions
        }
        self.credentials = _make_administrator()
        # What a template learns of an endpoint is for machines.
        seen = {**self.endpoints, **{r.name: r.published for r in regions if r.published}}
        self._dooms = Dooms()
        install(Apis(endpoints=tuple(seen.items()), **self.credentials), self._dooms)
        permissions.install()
        public_objects.install()
        quotas.install()
        web_identity_roles.install(self._answers_for)
        for region in regions:
            publish_ubuntu(DEFAULT_ACCOUNT_ID, region.name)
        for region in regions:
            self._serve(region.name)

    def cut(self, region: str, how: Cut, services: Sequence[str]) -> None:
        """Take a region off the network, or some of its services."""
        self._faults.cut(region, how, services)
        for server in self._listening[region]:
            if how == "refused" and not services:
                server.cut()
            else:
                server.drop_connections()

    def heal(self, region: str) -> None:
        """Bring a region back."""
        self._serve(region)
        self._faults.heal(region)

    def _serve(self, region: str) -> None:
        for server in self._listening[region]:
            server.serve()

    def _answers_for(self, bucket: str) -> bool:
        """Whether S3 answers for a bucket; what reads it for STS does not wait."""
        return self._faults.how_cut(_bucket_region(bucket), "s3") is None

    def throttle(self, bucket: str, prefix: str, seconds: float) -> None:
        """Answer writes below a prefix with 503 SlowDown for a time."""
        self._faults.throttle(bucket=bucket, prefix=prefix, seconds=seconds)

    def enforce_iam(self, enforce: bool) -> None:
        """Check every request's signature and permissions from now on, or stop doing so."""
        permissions.enforce(enforce)

    def run_verbs(self, system: str, command: str) -> None:
        """Let this command stand for the machines of a system, behind Run Command."""
        self._run_command.use(system, command)

    def doom(self, stack: str, logical_id: str, reason: str, times: int, after: int) -> None:
        """Let the next creations or changes of a stack's resource fail."""
        self._dooms.doom(stack, logical_id, reason, times, after)

    def wait_for_signals(self, stacks: str, wait: bool) -> None:
        """Let the wait conditions of stacks wait for their signals, or give that up."""
        SIGNALS.wait_in(stacks, wait=wait)

    def signals(self) -> dict[str, list[dict[str, str]]]:
        """What machines told CloudFormation, by the path of the handle's URL."""
        return SIGNALS.received()

    def instance_credentials(self, region: str, instance: str) -> dict[str, str]:
        """New credentials of the machine's role, as EC2 hands them to its metadata service."""
        profile = (
            ec2_backends[DEFAULT_ACCOUNT_ID][region].get_instance(instance).iam_instance_profile
        )
        roles = (
            iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
            .get_instance_profile(profile["Arn"].split("/")[-1])
            .roles
        )
        role = sts_backends[DEFAULT_ACCOUNT_ID]["aws"].assume_role(
            region, instance, roles[0].arn, "", 3600, ""
        )
        return {
            "Role": roles[0].name,
            "AccessKeyId": role.access_key_id,
            "SecretAccessKey": role.secret_access_key,
            "Token": role.session_token,
        }


def _bucket_region(bucket: str) -> str | None:
    found = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets.get(bucket)
    return found.region_name if found else None


def _make_administrator() -> dict[str, str]:
    """The identity of whoever deploys and operates: a user that may do everything."""
    iam = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    iam.create_user("us-east-1", ADMINISTRATOR)
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_user_policy(
        ADMINISTRATOR,
        "everything",
        json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )
    key = iam.create_access_key(ADMINISTRATOR)
    return {"access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key}


def main(arguments: list[str]) -> int:
    """Serve until standard input closes."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = Server([Region.parse(text) for text in arguments])
    admin = AdminServer(server)
    admin.start()
    ready = {
        "admin": admin.endpoint,
        "endpoints": server.endpoints,
        "credentials": server.credentials,
        "account": DEFAULT_ACCOUNT_ID,
    }
    print(json.dumps(ready), flush=True)  # noqa: T201
    sys.stdin.buffer.read()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
