"""The steps before a deployment that recreates one machine.

What always holds: the configuration is edited last, but for the deployment itself, which a roll
begins. A run that stops before leaves nothing that a deployment would act on, and a machine that
may be terminated meanwhile is protected again by the next `pgtwin protect`. A roll keeps the lock
until CloudFormation has ended: nobody else upgrades or moves the writer while a machine goes.
"""

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from pgtwin.aws.running_machines import protect_machine, running_machines
from pgtwin.aws.ubuntu_image import ubuntu_image
from pgtwin.commands.desk import Desk
from pgtwin.configuration import set_machine
from pgtwin.errors import SiteError, SiteUnreachable, StepFailed
from pgtwin.lock import RUN_VARIABLE
from pgtwin.plan import Plan, Step
from pgtwin.replacement import Own, RunningMachine, next_generation
from pgtwin.run import Run
from topology.names import STACK_IDS
from topology.site import Site, SiteName

NEWEST = "newest"
BACK_SECONDS = 900.0
"""How long the only server of a site may be away after the deployment that replaced it."""


def deployment(config: Path, site: SiteName) -> str:
    """The command that deploys a site, and no other."""
    return f"make deploy CONFIG={config} STACKS={STACK_IDS[site]}"


@dataclass(kw_only=True)
class Replacement:
    """Of one machine; what `examine` found is here, and what became of the configuration."""

    desk: Desk
    site: SiteName
    node: str
    own: Own
    lost: bool = False
    also_lost: tuple[str, ...] = ()
    """Nodes that are dead as well; they are replaced after this one."""
    deployed_by: str = ""
    """The command that deploys, under the lock; without it a person does."""
    patience_seconds: float = 0.0
    """How long the site may take until it answers."""
    running: dict[str, RunningMachine] = field(default_factory=dict)
    generation: int = 0
    is_done: bool = False
    """Whether the machine has already what was asked for."""
    said: str = ""

    def plan(self, run: Run) -> Plan:
        """Every step."""
        return Plan(
            what="replace",
            steps=(
                self._examine(),
                self._vacate(run),
                self._allow(),
                self._mark(),
                *([self._deploy(run)] if self.deployed_by else []),
            ),
            repeat=self._repeat,
        )

    def _examine(self) -> Step:
        def act() -> None:
            topology, clients = self.desk.topology, self.desk.clients[self.site]
            if self.own.ami == NEWEST:
                image = ubuntu_image(clients, self._here.architecture)
                self.own = replace(self.own, ami=image)
            self.running = running_machines(clients, topology.names, self.site)
            machine = self.running.get(self.node)
            if machine is not None and not self.lost and self.own.is_had_by(machine):
                self.is_done = True
                self.said = f"{self.node} has that already"
                return
            self.generation = next_generation(
                self._here,
                topology.zones(self.site),
                self.running,
                self.node,
                also_lost=self.also_lost,
            )

        return Step(
            name="look at the machines",
            changes=f"nothing; refused if another machine than {self.node} would be replaced",
            undo="nothing to undo",
            act=act,
        )

    def _vacate(self, run: Run) -> Step:
        def act() -> None:
            if self.patience_seconds:
                what = f"{self.site} answers"
                run.wait_until(self._answers, what, self.patience_seconds)
            try:
                led = self.desk.sites[self.site].vacate(
                    self.node, lost=self.lost, also_lost=self.also_lost
                )
            except SiteUnreachable:
                if not (self.lost and self._is_the_only_server(run)):
                    raise
                led = False
            if led:
                run.tell(f"{self.node} led the database; another machine leads now")

        return Step(
            name=f"vacate {self.node}",
            changes="another machine leads, if the site has another instance; refused if "
            "another machine is missing",
            undo="nothing to undo: any instance may lead",
            act=act,
            done=lambda: self.is_done,
        )

    def _allow(self) -> Step:
        def act() -> None:
            machine = self.running.get(self.node)
            if machine is not None:
                clients = self.desk.clients[self.site]
                protect_machine(clients, machine.instance, protected=False)

        return Step(
            name="allow its termination",
            changes=f"the instance of {self.node} may be terminated; its data volume is kept",
            undo="pgtwin protect",
            act=act,
            done=lambda: self.is_done,
        )

    def _mark(self) -> Step:
        def act() -> None:
            before = self._here.machines.get(self.node)
            self.said = set_machine(
                self.desk.config,
                self.site,
                self.node,
                self.generation,
                ami=self.own.ami or (before.ami if before else None),
                instance_type=self.own.instance_type or (before.instance_type if before else None),
            )

        return Step(
            name="edit the configuration",
            changes=f"{self.desk.config}: {self.site}.machines.{self.node}",
            undo="git",
            act=act,
            done=lambda: self.is_done,
        )

    def _deploy(self, run: Run) -> Step:
        def act() -> None:
            run.tell(self.said)
            # Its progress is for people; the result of this command is alone on stdout.
            with run.quiet():
                code = subprocess.run(
                    shlex.split(self.deployed_by),
                    env={**os.environ, RUN_VARIABLE: run.id},
                    stdout=sys.stderr,
                    check=False,
                ).returncode
            if code:
                raise StepFailed(
                    f"{self.deployed_by} ended with exit code {code}; {self.desk.config} says "
                    "which machine is to be replaced - fix the cause, then repeat this command"
                )

        return Step(
            name="deploy",
            changes=f"{self.deployed_by}: a new instance takes over the data volume of {self.node}",
            undo="none: the old instance is terminated at its end",
            act=act,
            done=lambda: self.is_done,
        )

    def _answers(self) -> bool:
        try:
            self.desk.sites[self.site].status()
        except SiteError:
            return False
        return True

    def _is_the_only_server(self, run: Run) -> bool:
        first = self.desk.topology.names.server_node(1)
        alone = self._here.servers == 1 and self.node == first
        if alone:
            run.tell(f"{self.node} is the only server of {self.site}: nobody else can be asked")
        return alone

    @property
    def _repeat(self) -> str:
        own = (("--image", self.own.ami), ("--instance-type", self.own.instance_type))
        options = [f"{option} {value}" for option, value in own if value]
        if self.deployed_by:
            return " ".join([f"pgtwin roll --site {self.site}", *options])
        options += ["--lost"] if self.lost else []
        options += [f"--also-lost {node}" for node in self.also_lost]
        return " ".join([f"pgtwin replace --site {self.site} --machine {self.node}", *options])

    @property
    def _here(self) -> Site:
        return self.desk.topology.site(self.site)
