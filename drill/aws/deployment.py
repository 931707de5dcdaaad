"""The real CDK CLI against the embedded AWS, and what it left there."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from drill.aws.accounting import Accounting, account_for
from drill.aws.embedded_aws import EmbeddedAws
from drill.aws.pinned_images import pinned
from topology.names import STACK_IDS

STACKS = tuple(STACK_IDS.values())
_REPOSITORY = Path(__file__).parent.parent.parent


class DeploymentFailed(Exception):  # noqa: N818 (what happened, in the past)
    """A step of the CDK CLI failed; the message holds its last lines and names its log."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One application, deployed by the CDK CLI as a user would, faster only in what is safe.

    `cdk synth` runs once, into `work/cdk.out`, and every later step reads that; stacks are created
    directly rather than through change sets. Everything that the CLI prints goes to `work/cdk.log`.
    Machine images that `config` leaves open are pinned in a copy, as `pgtwin pin-ami` does.
    """

    embedded: EmbeddedAws
    config: Path
    work: Path
    """Where the cloud assembly and the log go; never the user's own cdk.out."""
    stacks: Sequence[str] = STACKS
    pins: bool = True
    """Whether images that `config` leaves open are pinned; without, they stay open."""
    on_step: Callable[[str], None] = lambda step: None
    """Told the name of each step as it begins."""

    @property
    def assembly(self) -> Path:
        """The cloud assembly of the last `synth`."""
        return self.work / "cdk.out"

    @property
    def log(self) -> Path:
        """What the CLI printed."""
        return self.work / "cdk.log"

    @property
    def host_program(self) -> Path:
        """What the machines run, as the last `synth` packed it."""
        return self.work / "host.pyz"

    def deploy(self) -> Accounting:
        """Synthesise, bootstrap both regions, deploy both stacks, count what exists.

        Raises:
            DeploymentFailed: when a step fails.
        """
        began = time.monotonic()
        self.prepare()
        self.deploy_assembly()
        self.on_step("account")
        return replace(self.account(), seconds=time.monotonic() - began)

    def prepare(self) -> None:
        """Synthesise and bootstrap side by side; each takes some seconds of one core."""
        with ThreadPoolExecutor(2) as pool:
            for step in (pool.submit(self.synth), pool.submit(self.bootstrap)):
                step.result()

    def deploy_assembly(self) -> None:
        """Deploy what `synth` left, into regions that are bootstrapped."""
        self._cdk("deploy", "deploy", *self.stacks, "--require-approval", "never", *self._quick)

    def redeploy(self) -> None:
        """Synthesise and deploy, into regions that are bootstrapped."""
        self.synth()
        self.deploy_assembly()

    def synth(self) -> None:
        """Synthesise into `assembly`; `deploy` begins with it."""
        config = self.config
        if self.pins:
            config = pinned(self.embedded, config, self.work)
        context = ["--context", f"config={config}", "--context", f"build={self.work}"]
        context += ["--output", str(self.assembly)]
        self._cdk("synth", "synth", "--quiet", *context)

    def bootstrap(self) -> None:
        """Prepare both regions for the CLI; does nothing where that is done."""
        targets = [f"aws://{self.embedded.account}/{region}" for region in self.embedded.regions]
        self._cdk("bootstrap", "bootstrap", *targets, folder=self.work)

    def destroy(self) -> None:
        """`cdk destroy` of every stack; refused while termination protection is deployed.

        Raises:
            DeploymentFailed: when the CLI fails.
        """
        self._cdk("destroy", "destroy", *self.stacks, "--force", "--app", str(self.assembly))

    def account(self) -> Accounting:
        """Look for every resource of the templates through the services' own APIs."""
        return account_for(self.embedded, self.assembly, self.stacks)

    @property
    def _quick(self) -> tuple[str, ...]:
        return ("--app", str(self.assembly), "--method", "direct", "--progress", "events")

    def _cdk(self, step: str, *arguments: str, folder: Path = _REPOSITORY) -> None:
        self.on_step(step)
        self.work.mkdir(parents=True, exist_ok=True)
        path = f"{_REPOSITORY}/.venv/bin:{_REPOSITORY}/node_modules/.bin:{os.environ['PATH']}"
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
            **self.embedded.environment(self.embedded.regions[0]),
            "PATH": path,
            "CI": "1",
            # The endpoints are on 127.0.0.1 only, and on a busy machine Node takes its own delay
            # for that of ::1 and gives up on both.
            "NODE_OPTIONS": "--dns-result-order=ipv4first --no-network-family-autoselection",
        }
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ cdk {' '.join(arguments)}\n")
            log.flush()
            code = _run(["cdk", *arguments], folder, environment, log)
        if code:
            tail = "\n".join(self.log.read_text(encoding="utf-8").splitlines()[-15:])
            raise DeploymentFailed(f"cdk {step} failed; the whole of it is in {self.log}\n{tail}")


def _run(command: list[str], folder: Path, environment: dict[str, str], log: IO[str]) -> int:
    """Run in a session of its own, so that an interruption ends the CLI with all its children."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
