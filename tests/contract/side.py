"""One of the sides that a behaviour is run on.

`double`: the drill's API, asked by the real kubectl. `shell`: the same, asked by the tests' kubectl
without a process. `real`: a real API server with the real operator, asked by the real kubectl.
"""

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Object = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one call of kubectl left."""

    exit_code: int
    stdout: str = ""
    stderr: str = ""


Run = Callable[[Sequence[str], str], Said]
"""From the arguments of kubectl and its standard input."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """The real kubectl as a process, with whatever leads it to a side."""

    command: Sequence[str]
    home: Path
    """Where it keeps what it learned of the side."""

    def __call__(self, arguments: Sequence[str], stdin: str) -> Said:
        """Run it once."""
        ran = subprocess.run(
            [*self.command, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={"PATH": os.environ["PATH"], "HOME": str(self.home)},
        )
        return Said(exit_code=ran.returncode, stdout=ran.stdout, stderr=ran.stderr)


@dataclass(frozen=True, kw_only=True)
class Side:
    """A Kubernetes API with the operators' kinds, reached by kubectl."""

    run: Run
    namespace: str
    """Of one behaviour alone."""

    def kubectl(self, *arguments: str, stdin: Object | None = None) -> Said:
        """Run kubectl once, with an object on its standard input."""
        return self.run(arguments, json.dumps(stdin) if stdin else "")

    @property
    def command(self) -> Sequence[str]:
        """kubectl with whatever leads it here, where it is a process."""
        assert isinstance(self.run, Program), "ask for the fixture `process`"
        return self.run.command

    def apply(
        self, item: Object, *options: str, manager: str = "pgtwin", force: bool = True
    ) -> Said:
        """Server-side apply, as the host program does it where nothing else is said."""
        forced = ("--force-conflicts",) if force else ()
        how = ("--server-side", f"--field-manager={manager}", *forced, *options)
        return self.kubectl("apply", *how, "-f", "-", stdin=item)

    def create(self, item: Object, *options: str) -> Said:
        """`create -f -`."""
        return self.kubectl("create", *options, "-f", "-", stdin=item)

    def patch(self, kind: str, name: str, merge: Object, *options: str) -> Said:
        """One JSON merge patch."""
        where = (kind, name, "-n", self.namespace, "--type=merge", *options)
        return self.kubectl("patch", *where, "-p", json.dumps(merge))

    def delete(self, kind: str, name: str, *options: str) -> Said:
        """Delete an object, without waiting for its end."""
        return self.kubectl("delete", kind, name, "-n", self.namespace, "--wait=false", *options)

    def get(self, kind: str, name: str, *options: str) -> Object:
        """An object that has to be there."""
        said = self.kubectl("get", kind, name, "-n", self.namespace, "-o", "json", *options)
        assert said.exit_code == 0, said.stderr
        found: Object = json.loads(said.stdout)
        return found

    def config_map(self, name: str, **data: str) -> Object:
        """A ConfigMap of this behaviour's namespace."""
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": self.namespace},
            "data": data,
        }


def done(stdout: str) -> Said:
    """A call that succeeded with one line."""
    return Said(exit_code=0, stdout=f"{stdout}\n")


def failed(stderr: str) -> Said:
    """A call that failed with these words."""
    return Said(exit_code=1, stderr=f"{stderr}\n")
