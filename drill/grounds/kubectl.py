"""The real kubectl against one cluster: objects, commands in pods, and long-lived sessions."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from drill.ground_site import TOOK_TOO_LONG, NoAnswer, Ran
from topology.names import POSTGRES_NAMESPACE

TIMEOUT_SECONDS = 20.0
"""A machine without power swallows packets; kubectl would wait for a minute and more."""
_API_SECONDS = "10s"


@dataclass(frozen=True, kw_only=True)
class Kubectl:
    """kubectl, led to one cluster and the database's namespace."""

    command: tuple[str, ...]
    """With whatever leads it there, such as `--kubeconfig`."""
    namespace: str = POSTGRES_NAMESPACE

    def run(
        self, *arguments: str, stdin: str | bytes = "", timeout_seconds: float = TIMEOUT_SECONDS
    ) -> Ran:
        """Run to the end, or until it takes too long: the exit code is `TOOK_TOO_LONG` then."""
        argv = self.argv(*arguments)
        try:
            done = subprocess.run(
                argv,
                input=stdin.encode() if isinstance(stdin, str) else stdin,
                capture_output=True,
                timeout=timeout_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Ran(
                exit_code=TOOK_TOO_LONG, stdout="", stderr=f"not done in {timeout_seconds:g} s"
            )
        return Ran(
            exit_code=done.returncode,
            stdout=done.stdout.decode(errors="replace"),
            stderr=done.stderr.decode(errors="replace"),
        )

    def argv(self, *arguments: str) -> list[str]:
        """The whole command line."""
        return [*self.command, f"--namespace={self.namespace}", *arguments]

    def ask(self, *arguments: str, stdin: str = "") -> str:
        """What it prints.

        Raises:
            NoAnswer: on any exit code but 0.
        """
        ran = self.run(*arguments, f"--request-timeout={_API_SECONDS}", stdin=stdin)
        if ran.exit_code:
            raise NoAnswer(f"kubectl {' '.join(arguments)}: {ran.stderr.strip()}")
        return ran.stdout

    def read(self, path: str) -> dict[str, Any]:
        """What the API has at a path.

        Raises:
            NoAnswer: as for `ask`.
        """
        found: dict[str, Any] = json.loads(self.ask("get", "--raw", path))
        return found

    def execute(
        self,
        pod: str,
        container: str,
        command: Sequence[str],
        *,
        stdin: bytes = b"",
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> Ran:
        """Run a command in a container of a pod."""
        argv = ("exec", "-i", pod, f"--container={container}", "--", *command)
        return self.run(*argv, stdin=stdin, timeout_seconds=timeout_seconds)


class KubectlObjects:
    """`drill.ground.Objects` through kubectl."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        """One object; None where it is not there, or the API does not answer."""
        try:
            found: dict[str, Any] = json.loads(
                self._kubectl.ask("get", kind, name, "--output=json")
            )
        except NoAnswer:
            return None
        return found

    def list(self, kind: str, namespace: str = "") -> Sequence[dict[str, Any]]:
        """Every object of a kind; none where the API does not answer."""
        kubectl = replace(self._kubectl, namespace=namespace or self._kubectl.namespace)
        try:
            document = json.loads(kubectl.ask("get", kind, "--output=json"))
        except NoAnswer:
            return []
        items: Sequence[dict[str, Any]] = document["items"]
        return items

    def patch(self, kind: str, name: str, merge: Mapping[str, Any]) -> None:
        """Merge into an object.

        Raises:
            NoAnswer: where it is refused, or nothing answers.
        """
        self._kubectl.ask("patch", kind, name, "--type=merge", f"--patch={json.dumps(merge)}")

    def delete(self, kind: str, name: str) -> None:
        """Begin to delete an object; nothing happens where it is not there.

        Raises:
            NoAnswer: where it is refused, or nothing answers.
        """
        self._kubectl.ask("delete", kind, name, "--wait=false", "--ignore-not-found")
