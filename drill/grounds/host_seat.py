"""The host program of a site whose machines are a user's: it runs here, and kubectl leads there.

Its root is a scratch folder. What k3s would read from its manifests folder is applied from there by
the stand-in for k3s' deploy controller; the metadata service is the embedded AWS' own.
"""

import json
import logging
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from drill.aws.embedded_aws import EmbeddedAws
from drill.aws.imds import Imds
from drill.ground_site import Ran
from drill.grounds.kubectl import Kubectl
from drill.rig.inside.addons import POLL_SECONDS, Addons
from host.machine.paths import K3S_MANIFESTS
from topology.site import SiteName

REPORT_SECONDS = 60.0
"""How often the host program's timer runs `report` on a machine."""
VERB_SECONDS = 3900.0
"""As long as `pgtwin` waits for a verb."""
_OPEN_GATE = """#!/bin/sh
echo '{"nftables": []}'
"""
"""nft for the host program: its gate would close a port of the drill's own computer."""
_SERVER = "server-1"
_log = logging.getLogger(__name__)


class HostSeat:
    """Runs verbs, the deploy controller and the minutely `report` until it is closed."""

    def __init__(
        self,
        *,
        aws: EmbeddedAws,
        site: SiteName,
        region: str,
        program: Path,
        root: Path,
        kubectl: Kubectl,
    ) -> None:
        self._imds = Imds(aws, region=region, instance=instance_of(aws, site, region))
        self._program = program
        self._root = root
        self._manifests = root / K3S_MANIFESTS.lstrip("/")
        self._manifests.mkdir(parents=True, exist_ok=True)
        self._addons = Addons(self._manifests, kubectl.command, kinds=None)
        programs = root / "bin"
        programs.mkdir(exist_ok=True)
        (programs / "nft").write_text(_OPEN_GATE, encoding="utf-8")
        (programs / "nft").chmod(0o755)
        self._environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(root),
            "LANG": "C.UTF-8",
            "PGTWIN_KUBECTL": shlex.join(kubectl.command),
            "AWS_ENDPOINT_URL": aws.endpoint(region),
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self._imds.endpoint,
        }
        self._verbs: set[subprocess.Popen[str]] = set()
        self._closing = threading.Event()

    def put(self, name: str, objects: Sequence[dict[str, Any]]) -> None:
        """Put a file into the manifests folder; names that begin with pgtwin are the program's."""
        plain = json.loads(json.dumps(list(objects)))
        text = yaml.safe_dump_all(plain)
        (self._manifests / name).write_text(text, encoding="utf-8")

    def serve(self) -> None:
        """Answer as metadata service, and apply what is in the manifests folder, from now on.

        What is there already is applied before this returns: pods of the site need it.
        """
        self._imds.start()
        self._addons.settle()
        threading.Thread(target=self._deploy, daemon=True).start()

    def start(self) -> None:
        """Bring the site to what its bundle says, and wait until it is ready.

        Raises:
            RuntimeError: with what the host program said.
        """
        self.serve()
        for verb in ("apply", "ready"):
            ran = self.run([verb])
            if ran.exit_code:
                raise RuntimeError(f"{verb}: exit code {ran.exit_code}: {ran.stderr[-2000:]}")
        threading.Thread(target=self._report, daemon=True).start()

    def run(self, arguments: Sequence[str]) -> Ran:
        """Run a verb; it ends with this seat."""
        process = subprocess.Popen(
            [sys.executable, str(self._program), "--root", str(self._root), *arguments],
            env=self._environment,
            cwd=self._root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._verbs.add(process)
        if self._closing.is_set():
            _end(process)
        try:
            stdout, stderr = process.communicate(timeout=VERB_SECONDS)
        finally:
            _end(process)
            self._verbs.discard(process)
        return Ran(exit_code=process.returncode, stdout=stdout, stderr=stderr)

    def close(self) -> None:
        """Apply and report no more, and end every verb; the cluster stays as it is."""
        self._closing.set()
        for verb in tuple(self._verbs):
            _end(verb)
        self._imds.stop()

    def _deploy(self) -> None:
        while not self._closing.is_set():
            self._addons.settle()
            self._closing.wait(POLL_SECONDS)

    def _report(self) -> None:
        while not self._closing.wait(REPORT_SECONDS):
            ran = self.run(["report"])
            _log.info("report: exit code %s: %s", ran.exit_code, ran.stderr)


def _end(verb: subprocess.Popen[str]) -> None:
    """With the kubectl that it waits for."""
    with suppress(ProcessLookupError):
        if verb.poll() is None:
            os.killpg(verb.pid, signal.SIGKILL)


def instance_of(aws: EmbeddedAws, site: SiteName, region: str, node: str = _SERVER) -> str:
    """The id of the EC2 instance that stands for a node of a site."""
    wanted: list[dict[str, Any]] = [
        {"Name": "tag:pgtwin:site", "Values": [site]},
        {"Name": "tag:pgtwin:node", "Values": [node]},
    ]
    found = aws.client("ec2", region).describe_instances(Filters=wanted)["Reservations"]
    return str(found[0]["Instances"][0]["InstanceId"])
