"""One system in the embedded AWS, deployed and operated as a person would."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from drill.aws.deployment import Deployment, DeploymentFailed
from drill.aws.embedded_aws import EmbeddedAws
from drill.aws.pinned_images import pinned
from drill.life.aws_command import run_aws
from pgtwin.aws.command_host import VARIABLE
from topology.load import load
from topology.names import STACK_IDS
from topology.site import SiteName, other_site


class System:
    """A configuration of its own, one of its stacks, and `cdk` and `pgtwin` to be run on it."""

    def __init__(
        self,
        embedded: EmbeddedAws,
        config: Path,
        work: Path,
        tell: Callable[[str], None],
        *,
        site: SiteName = "dr",
        writer: SiteName = "primary",
    ) -> None:
        work.mkdir(parents=True)
        self.aws, self.work, self.site, self.writer = embedded, work, site, writer
        self.host_command = ""
        """Runs verbs on the system's machines, where there are any."""
        document = yaml.safe_load(config.read_text(encoding="utf-8"))
        self.name = document["name"] = work.name
        document["writer"] = writer
        for each in ("primary", "dr"):
            document[each]["bucket"] = f"{self.name}-{each}"
        self.config = work / "config.yaml"
        self._write(document)
        # What a person would do first; the scenario about that takes it back.
        self.config = pinned(embedded, self.config, work)
        self.region = load(self.config).site(site).region
        self._tell = tell

    def deploy(self) -> bool:
        """`cdk deploy`; whether it succeeded."""
        return self._succeeds(self._deployment().redeploy)

    def deploy_other_site(self) -> bool:
        """The same of the other stack; the secrets of both are in the primary's."""
        other = replace(self._deployment(), stacks=(STACK_IDS[other_site(self.site)],))
        return self._succeeds(other.redeploy)

    def deploy_as_it_is(self) -> bool:
        """The same where the configuration may leave its images open."""
        return self._succeeds(replace(self._deployment(), pins=False).redeploy)

    def destroy(self) -> bool:
        """`cdk destroy`; whether it succeeded."""
        return self._succeeds(self._deployment().destroy)

    def protect(self) -> bool:
        """`pgtwin protect`; whether it succeeded."""
        return self.pgtwin("protect").returncode == 0

    def is_whole(self) -> bool:
        """Whether every resource of the templates exists."""
        return not self._deployment().account().missing

    def edit(self, **values: Any) -> None:
        """Edit the configuration: `section__key=value`."""
        document = yaml.safe_load(self.config.read_text(encoding="utf-8"))
        for path, value in values.items():
            *parents, key = path.split("__")
            target = document
            for parent in parents:
                target = target[parent]
            target[key] = value
        self._write(document)

    def pgtwin(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A run of the operator's command."""
        return subprocess.run(
            [sys.executable, "-m", "pgtwin", *arguments, "--config", str(self.config)],
            env={
                **os.environ,
                **self.aws.environment(self.region),
                "XDG_STATE_HOME": str(self.work / "state"),
                **({VARIABLE: self.host_command} if self.host_command else {}),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def leftovers(self) -> dict[str, str]:
        """What `pgtwin doctor` finds in the way of a deployment of the site, with each remedy."""
        found = json.loads(self.pgtwin("doctor", "--json").stdout)
        leftover = f"leftover of {self.site}"
        return {each["found"]: each["remedy"] for each in found if each["what"] == leftover}

    def follow_the_doctor(self) -> Sequence[str]:
        """Do what it names for each leftover; a bucket gets another name. Says what was done."""
        done = []
        for found, remedy in self.leftovers().items():
            done.append(f"{found}: {remedy}")
            command = remedy.removeprefix("run: ")
            if command.startswith("aws "):
                run_aws(self.aws, command)
            else:
                self.edit(**{f"{self.site}__bucket": f"{self.name}-again"})
        return done

    def client(self, service: str) -> Any:
        """A service of the site's region, as the administrator."""
        return self.aws.client(service, self.region)

    @property
    def stack_status(self) -> str:
        """CloudFormation's word for the stack; nothing where there is none."""
        stacks = self.client("cloudformation").describe_stacks()["Stacks"]
        name = f"{self.name}-{self.site}"
        return next((str(each["StackStatus"]) for each in stacks if each["StackName"] == name), "")

    @property
    def bucket(self) -> str:
        """The site's backup bucket as the configuration has it now."""
        topology = load(self.config)
        return topology.names.bucket(topology.site(self.site).bucket, self.aws.account)

    def machines(self) -> set[str]:
        """The ids of the instances that are not terminated."""
        return {str(each["InstanceId"]) for each in self._instances()}

    def instances(self) -> dict[str, str]:
        """The same by node; each has one."""
        return {
            tag["Value"]: str(each["InstanceId"])
            for each in self._instances()
            for tag in each["Tags"]
            if tag["Key"] == "pgtwin:node"
        }

    def images(self) -> set[str]:
        """What the machines were made from."""
        return {str(each["ImageId"]) for each in self._instances()}

    def types(self) -> set[str]:
        """Their instance types."""
        return {str(each["InstanceType"]) for each in self._instances()}

    def volumes(self) -> set[str]:
        """The ids of the data volumes that carry the system's tags."""
        filters = [{"Name": "tag:pgtwin:system", "Values": [self.name]}]
        found = self.client("ec2").describe_volumes(Filters=filters)["Volumes"]
        return {
            volume["VolumeId"]
            for volume in found
            if any(tag["Key"] == "pgtwin:site" for tag in volume.get("Tags", ()))
        }

    def doom(self, logical_id: str, reason: str, *, times: int = 1) -> None:
        """Let a resource of the stack fail."""
        self.aws.doom(self._stacks, logical_id, reason, times=times)

    def wait_for_signals(self, *, wait: bool) -> None:
        """Let a deployment wait for what its machines signal, or give that up."""
        self.aws.wait_for_signals(self._stacks, wait=wait)

    def pause(self) -> None:
        """A moment, between two looks."""
        threading.Event().wait(1)

    def reasons(self) -> str:
        """Why CloudFormation says that something failed."""
        name = f"{self.name}-{self.site}"
        events = self.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
        return "\n".join(event.get("ResourceStatusReason", "") for event in events)

    @property
    def _stacks(self) -> str:
        """The stack with its nested ones, as a pattern."""
        return f"{self.name}-{self.site}*"

    def _instances(self) -> list[dict[str, Any]]:
        filters = [{"Name": "tag:pgtwin:system", "Values": [self.name]}]
        found = self.client("ec2").describe_instances(Filters=filters)["Reservations"]
        return [
            instance
            for reservation in found
            for instance in reservation["Instances"]
            if instance["State"]["Name"] != "terminated"
        ]

    def _succeeds(self, step: Callable[[], None]) -> bool:
        try:
            step()
        except DeploymentFailed as failed:
            self._tell(str(failed).splitlines()[-1])
            return False
        return True

    def _deployment(self) -> Deployment:
        return Deployment(
            embedded=self.aws,
            config=self.config,
            work=self.work / "cdk",
            stacks=(STACK_IDS[self.site],),
        )

    def _write(self, document: dict[str, Any]) -> None:
        self.config.write_text(yaml.safe_dump(document), encoding="utf-8")
