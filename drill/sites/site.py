"""A deployed site of the embedded world: its machines, and the Kubernetes API that they make."""

import json
import sys
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3

from drill.aws.embedded_aws import EmbeddedAws, Signal
from drill.aws.imds import Imds
from drill.ground_site import Ran
from drill.kubernetes.cluster_api import ClusterApi
from drill.sites.control_plane import ControlPlane
from drill.sites.machine import BOOT_SECONDS, Machine


class EmbeddedSite:
    """Every instance of one deployed site. `close` switches them off."""

    def __init__(
        self,
        *,
        aws: EmbeddedAws,
        name: str,
        region: str,
        work: Path,
        system: str | None = None,
        start: Callable[[list[str]], list[str]] = lambda program: [sys.executable, *program],
    ) -> None:
        """`system` where the AWS holds several."""
        self.name = name
        self.region = region
        self._aws = aws
        self._system = system
        self._work = work / name
        self._start = start
        self._control_plane = ControlPlane()
        self._imds: list[Imds] = []
        self.machines = {machine.node: machine for machine in map(self._machine, self._instances())}

    def __enter__(self) -> "EmbeddedSite":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def api(self) -> ClusterApi:
        """The site's Kubernetes API; it answers once a server runs."""
        return self._control_plane.api

    def boot_all(self, *, again: Collection[str] = ()) -> dict[str, Ran]:
        """Run every machine's user-data at the same time; what each left, by node.

        Those of `again` have had their user-data: they boot as their unit does.
        """
        with ThreadPoolExecutor(len(self.machines)) as pool:
            running = {
                node: pool.submit(machine.run, "boot", timeout_seconds=BOOT_SECONDS)
                if node in again
                else pool.submit(machine.boot)
                for node, machine in self.machines.items()
            }
            return {node: future.result() for node, future in running.items()}

    def run(self, verb: str, *arguments: str) -> dict[str, Any]:
        """Run the host program on server-1; its JSON.

        Stands for SSM's RunCommand with the site's document: the same program and arguments on the
        same machine, without the agent and its queue in between.

        Raises:
            RuntimeError: on any exit code but 0, with what the program said.
        """
        ran = self.machines["server-1"].run(verb, *arguments)
        if ran.exit_code:
            raise RuntimeError(f"{verb} on {self.name}: exit code {ran.exit_code}: {ran.stderr}")
        result: dict[str, Any] = json.loads(ran.stdout)
        return result

    def signals(self) -> Sequence[Signal]:
        """What the site's wait condition was told."""
        ssm = self._aws.client("ssm", self.region)
        system = next(iter(self.machines.values())).tags["pgtwin:system"]
        parameter = f"/pgtwin/{system}/{self.name}/signal"
        return self._aws.signals(ssm.get_parameter(Name=parameter)["Parameter"]["Value"])

    def pod_client(self, service: str) -> Any:
        """A client with the role of a machine that runs the database, as its pods have it."""
        agents = [m for m in self.machines.values() if m.tags["pgtwin:role"] == "agent"]
        machine = (agents or list(self.machines.values()))[0]
        keys = self._aws.instance_credentials(self.region, machine.instance_id)
        return boto3.session.Session().client(
            service,
            region_name=self.region,
            endpoint_url=self._aws.endpoint(self.region),
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["Token"],
        )

    def lose(self, node: str) -> None:
        """A machine is gone for good, with everything but its data volume."""
        machine = self.machines[node]
        missing = {"conditions": [{"type": "Ready", "status": "Unknown"}]}
        self.api.patch_status("node", node, missing, "")
        if machine.tags["pgtwin:role"] == "server":
            self._control_plane.lose_a_server()
        machine.close()

    def made_anew(self, node: str) -> Machine:
        """The machine that EC2 has by now in the place of a lost one; it has not booted."""
        (instance,) = [
            each
            for each in self._instances()
            if {"Key": "pgtwin:node", "Value": node} in each["Tags"]
        ]
        self.machines[node] = self._machine(instance)
        return self.machines[node]

    def close(self) -> None:
        """Switch everything off."""
        for machine in self.machines.values():
            machine.close()
        for imds in self._imds:
            imds.stop()
        self._control_plane.close()

    def _machine(self, instance: dict[str, Any]) -> Machine:
        imds = Imds(self._aws, region=self.region, instance=instance["InstanceId"])
        imds.start()
        self._imds.append(imds)
        return Machine(
            instance=instance,
            region_endpoint=self._aws.endpoint(self.region),
            imds_endpoint=imds.endpoint,
            ec2=self._aws.client("ec2", self.region),
            control_plane=self._control_plane,
            work=self._work,
            start=self._start,
        )

    def _instances(self) -> list[dict[str, Any]]:
        ec2 = self._aws.client("ec2", self.region)
        wanted = [
            {"Name": "tag:pgtwin:site", "Values": [self.name]},
            {"Name": "instance-state-name", "Values": ["pending", "running"]},
        ]
        if self._system:
            wanted.append({"Name": "tag:pgtwin:system", "Values": [self._system]})
        found = ec2.describe_instances(Filters=wanted)["Reservations"]
        return [each for reservation in found for each in reservation["Instances"]]
