"""The embedded AWS as its users see it."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import boto3

from drill.aws.endpoints.names import WORLDWIDE
from drill.failure_modes import Cut

START_SECONDS = 60.0
STOP_SECONDS = 10.0
COMMAND_SECONDS = 120.0
_REPOSITORY = Path(__file__).parent.parent.parent


@dataclass(frozen=True, kw_only=True)
class Signal:
    """What a machine told one of CloudFormation's wait conditions."""

    status: str
    reason: str
    unique_id: str
    data: str


class EmbeddedAws:
    """moto in a process of its own: one loopback endpoint a region, one state behind them all.

    What it emulates, and how far, is `drill.aws.emulation`. Nothing is kept on disk but the log.
    The process ends with this object's `stop`, or with this process, however that ends.
    """

    def __init__(
        self, regions: Sequence[str], *, log: Path, addresses: Mapping[str, str] | None = None
    ) -> None:
        """`addresses` are `ADDRESS:PORT` by region, where one listens elsewhere as well."""
        self._regions = list(regions)
        self._addresses = dict(addresses or {})
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._ready: dict[str, Any] = {}
        self._clients: dict[tuple[str, str], Any] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process and wait until it answers.

        Raises:
            RuntimeError: when it does not; the message names the log.
        """
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "drill.aws.server", *self._listeners],
                cwd=_REPOSITORY,
                env={**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for this process to act on, in its order
            )
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            self.stop()
            raise RuntimeError(f"the embedded AWS did not start; see {self._log}")
        self._ready = {**json.loads(line), "regions": self._regions}

    @classmethod
    def running(cls, ready: Mapping[str, Any]) -> "EmbeddedAws":
        """One that another process started; `ready` is what that one's `ready` says."""
        found = cls(ready["regions"], log=Path(os.devnull))
        found._ready = dict(ready)
        return found

    @property
    def ready(self) -> Mapping[str, Any]:
        """All that another process on this computer needs to be its client, as JSON."""
        return self._ready

    def stop(self) -> None:
        """End the process; does nothing when it does not run."""
        process, self._process = self._process, None
        self._clients.clear()
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions of the sites; the worldwide services have an endpoint besides."""
        return tuple(self._regions)

    @property
    def account(self) -> str:
        """The id of the only account."""
        return str(self._ready["account"])

    def endpoint(self, region: str) -> str:
        """The URL of a region, for AWS_ENDPOINT_URL."""
        return str(self._ready["endpoints"][region])

    def environment(self, region: str) -> dict[str, str]:
        """The variables that lead an SDK or the CDK CLI here, as the administrator."""
        credentials = self._ready["credentials"]
        return {
            "AWS_ENDPOINT_URL": self.endpoint(region),
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": credentials["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": credentials["secret_access_key"],
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    def client(self, service: str, region: str) -> Any:
        """The administrator's boto3 client of a service, through the region's own endpoint."""
        if (service, region) not in self._clients:
            credentials = self._ready["credentials"]
            client = boto3.session.Session().client(
                service,
                region_name=region,
                endpoint_url=self.endpoint(region),
                aws_access_key_id=credentials["access_key_id"],
                aws_secret_access_key=credentials["secret_access_key"],
            )
            _ = client.exceptions  # else two threads make them twice: `pgtwin/aws/clients.py`
            self._clients[service, region] = client
        return self._clients[service, region]

    def cut(self, region: str, how: Cut = "refused", services: Iterable[str] = ()) -> None:
        """Take a region off the network, or some of its services, through every port."""
        self._command("cut", region=region, how=how, services=list(services))

    def heal(self, region: str) -> None:
        """Bring a region back on the same port, with everything that it held."""
        self._command("heal", region=region)

    def throttle(self, bucket: str, prefix: str = "", *, seconds: float) -> None:
        """Refuse writes below a prefix with 503 SlowDown for a time; 0 seconds ends that."""
        self._command("throttle", bucket=bucket, prefix=prefix, seconds=seconds)

    def enforce_iam(self, *, enforce: bool = True) -> None:
        """Check each request's signature and permissions from now on, in every region."""
        self._command("enforce_iam", enforce=enforce)

    def run_verbs(self, system: str, command: str) -> None:
        """Let `COMMAND SITE VERB ARGUMENT...` stand for a system's machines, behind Run Command."""
        self._command("run_verbs", system=system, command=command)

    def doom(self, stack: str, logical_id: str, reason: str, *, times: int, after: int = 0) -> None:
        """Let the next creations or changes of a resource fail; `stack`, `logical_id` are patterns.

        So a wait condition fails whose machine signals FAILURE, and an association whose command
        fails on a machine: nothing runs on the machines while a stack is being deployed. `after` so
        many that succeed.
        """
        self._command(
            "doom", stack=stack, logical_id=logical_id, reason=reason, times=times, after=after
        )

    def wait_for_signals(self, stacks: str, *, wait: bool = True) -> None:
        """Let wait conditions of stacks wait for their machines, which somebody has to boot.

        `stacks` is a pattern. Such a creation goes on after the call that began it, as in AWS.
        Without `wait` what waits still fails, as at the end of its time.
        """
        self._command("wait_for_signals", stacks=stacks, wait=wait)

    def signals(self, url: str) -> tuple[Signal, ...]:
        """What arrived at the wait condition handle with this URL."""
        path = "/" + url.split("/", 3)[3].split("?", maxsplit=1)[0]
        received = self._command("signals").get(path, [])
        return tuple(
            Signal(
                status=signal["Status"],
                reason=signal["Reason"],
                unique_id=signal["UniqueId"],
                data=signal["Data"],
            )
            for signal in received
        )

    def instance_credentials(self, region: str, instance: str) -> dict[str, str]:
        """New credentials of a machine's role: Role, AccessKeyId, SecretAccessKey, Token."""
        return {
            str(key): str(value)
            for key, value in self._command(
                "instance_credentials", region=region, instance=instance
            ).items()
        }

    @property
    def _listeners(self) -> list[str]:
        """Each region, with the address where it listens as well as on loopback."""
        at = {region: f"={address}" for region, address in self._addresses.items()}
        regions = dict.fromkeys((*self._regions, WORLDWIDE))
        return [f"{region}{at.get(region, '')}" for region in regions]

    def _command(self, name: str, **arguments: object) -> Any:
        request = urllib.request.Request(  # noqa: S310 (a loopback address of ours)
            f"{self._ready['admin']}/{name}", data=json.dumps(arguments).encode(), method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=COMMAND_SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{name}: {json.load(error)['error']}") from None
