"""Plays cells: the real `pgtwin` as a process, through AWS' names, to its end or its bound.

What ends later still counts: between two cells each request that is on its way arrives first.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from drill.aws.embedded_aws import EmbeddedAws
from drill.aws.endpoints.endpoints import Endpoints
from drill.aws.endpoints.names import WORLDWIDE
from drill.failures.cell import AFTER, BEFORE, Cell, Result
from drill.failures.commands import Command, Where, named
from drill.failures.deployed import Deployed
from drill.failures.expectation import expected, may_change
from drill.failures.standing import digest, stand
from drill.failures.verdict import done_or_lie, unless_well, verdict
from drill.failures.watched_process import Watched, watch
from drill.starvation.meter import Computer
from pgtwin.configuration import set_writer
from topology.site import SITES

Start = Callable[[Sequence[str]], list[str]]
"""How a Python program is started."""
PGTWIN = Path(sys.executable).with_name("pgtwin")
_LOOK_SECONDS = 0.2
_STARTS_SECONDS = 120.0


class Player:
    """A system and doors of its own, in front of an embedded AWS that others use too."""

    def __init__(
        self,
        aws: EmbeddedAws,
        machine: Computer,
        *,
        config: Path,
        folder: Path,
        start: Start,
        program: Path = PGTWIN,
    ) -> None:
        folder.mkdir(parents=True)
        self._aws = aws
        self._machine = machine
        self._folder = folder
        self._start = start
        self._program = str(program)
        self._text = _own_system(config, folder.name)
        self._config = folder / "config.yaml"
        self._config.write_text(self._text, encoding="utf-8")
        self._endpoints = Endpoints(aws, folder / "endpoints")
        self._deployed = Deployed.make(aws, self._config, folder)
        self._steps: dict[str, list[str]] = {}
        self._runs = 0
        self._failed = False
        """Whether the moment of the cell that is played has come."""
        self._start_seconds = self._measure_start()

    def close(self) -> None:
        """Answer nobody any more."""
        self._endpoints.close()

    def steps(self, command: Command) -> list[str]:
        """The names of a plan's steps; none where it is no plan.

        As our own command lists them: the program that is played may be one that lies.
        """
        if command.takes_steps and command.name not in self._steps:
            listed = subprocess.run(
                self._argv(str(PGTWIN), command, "--dry-run", "--json"),
                env=self._environment(),
                capture_output=True,
                text=True,
                check=True,
            )
            steps = json.loads(listed.stdout)["steps"]
            self._steps[command.name] = [each["step"] for each in steps]
        return self._steps.get(command.name, [])

    def play(self, cell: Cell) -> Result:
        """Play one cell; every region is well before and after it."""
        self._begin(cell.command)
        before, began = digest(self._deployed), time.monotonic()
        if cell.moment == BEFORE:
            self._fail(cell)
        watched = watch(
            self._argv(self._program, cell.command),
            environment=self._environment(),
            bound_seconds=cell.command.bound_seconds + self._start_seconds,
            on_line=self._trigger(cell),
        )
        starved = self._machine.load(began).starved
        self._endpoints.heal()
        self._deployed.work_again()
        while self._endpoints.busy():
            time.sleep(_LOOK_SECONDS)
        changed = digest(self._deployed) != before
        return Result(
            cell=cell,
            outcome=unless_well(self._outcome(cell, watched, changed=changed), failed=self._failed),
            expected=expected(cell),
            seconds=watched.seconds,
            promoted_after_seconds=watched.between("fence: begun", "promote: done"),
            said=watched.said[-2000:],
            starved=starved,
            changed=changed,
        )

    def _begin(self, command: Command) -> None:
        """Put everything back; a verb that is still under way writes where nobody looks again."""
        self._runs += 1
        self._failed = False
        states = self._folder / f"hosts-{self._runs}"
        states.mkdir()
        self._deployed = replace(self._deployed, states=states)
        self._aws.run_verbs(self._deployed.topology.name, self._deployed.host_command)
        stand(self._deployed, command.home)
        self._config.write_text(command.configuration + self._text, encoding="utf-8")
        if command.home != "primary writes":
            set_writer(self._config, "dr")

    def _measure_start(self) -> float:
        """What Python takes to start here; no deadline of a command holds it."""
        offline = named("connect")
        done = watch(
            self._argv(self._program, offline),
            environment=self._environment(),
            bound_seconds=_STARTS_SECONDS,
            on_line=lambda _: None,
        )
        return done.seconds

    def _outcome(self, cell: Cell, watched: Watched, *, changed: bool) -> str:
        silence = watched.longest_silence(starts_in_seconds=self._start_seconds)
        found = verdict(watched.code, watched.said, changed=changed, longest_silence=silence)
        if found == "stopped" and changed and not may_change(cell):
            return "stopped after a change"
        if found != "done":
            return found
        return done_or_lie(cell, {site for site in SITES if self._deployed.writes(site)})

    def _trigger(self, cell: Cell) -> Callable[[str], None]:
        """Lets the region fail at the line that says that the moment has come."""
        if cell.moment == BEFORE:
            return lambda _: None
        if cell.moment == AFTER:
            last = self.steps(cell.command)[-1]
            signs = (f"  {last}: done", f"  {last}: already done")
        else:
            step = cell.moment.removeprefix("during ")
            signs = (f"  {step}: begun", f"  {step}: already done")

        def look(line: str) -> None:
            if any(sign in line for sign in signs):
                self._fail(cell)

        return look

    def _fail(self, cell: Cell) -> None:
        self._failed = True
        self._endpoints.fail(self._region(cell.region), cell.mode)
        if cell.mode.verbs == "hang" and cell.region != "us-east-1":
            self._deployed.hang(cell.region)

    def _region(self, where: Where) -> str:
        return WORLDWIDE if where == "us-east-1" else self._deployed.topology.site(where).region

    def _argv(self, program: str, command: Command, *more: str) -> list[str]:
        words = [program, *command.arguments, *more, "--config", str(self._config)]
        return self._start(self._endpoints.program(words))

    def _environment(self) -> dict[str, str]:
        # A journal of its own for each run: another's interruption must not be taken up.
        return {
            **os.environ,
            **self._endpoints.environment(self._deployed.topology.dr.region),
            "PATH": f"{Path(sys.executable).parent}:node_modules/.bin:{os.environ['PATH']}",
            "XDG_STATE_HOME": str(self._folder / f"state-{self._runs}"),
            "COLUMNS": "80",
        }


def _own_system(config: Path, name: str) -> str:
    """The configuration under a name of its own: buckets and zones do not meet those of others."""
    text = config.read_text(encoding="utf-8")
    return text.replace("name: pgtwin", f"name: {name}").replace("backup-bucket", name)
