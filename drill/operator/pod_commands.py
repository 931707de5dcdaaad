"""What `kubectl exec` runs in a database pod, run on the instance behind it."""

import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from drill.kubernetes.pod_exec import ExecRequest, ExecResult
from drill.operator.instance import Instance
from drill.operator.objects import SIDECAR
from drill.operator.processes import unprivileged

VOLUME = "/var/lib/postgresql/data"
"""Where a pod of CloudNativePG has its PGDATA volume; the path in the commands of the host."""
COMMANDS = ("psql", "df", "du", "find", "ls", "pg_amcheck", "sh")
SIDECAR_COMMANDS = ("python3",)
"""The plugin's image has no shell (plugin-barman-cloud v0.14.0 containers/Dockerfile.sidecar)."""
SECONDS = 120
_SERVICE = re.compile(rb"host=(\\?')[a-z0-9-]+-rw\1")


class PodCommands:
    """Runs the few commands that the host program uses, with the pod's paths translated."""

    def __init__(self, find: Callable[[str], Instance | None]) -> None:
        self._find = find

    def __call__(self, request: ExecRequest) -> ExecResult:
        """Run a command; what a pod that is not there would answer is an error too."""
        instance = self._find(request.pod)
        if instance is None:
            return ExecResult(stderr=f"error: pod {request.pod} does not run\n", exit_code=1)
        if request.argv[0] not in (SIDECAR_COMMANDS if request.container == SIDECAR else COMMANDS):
            return ExecResult(stderr=f"{request.argv[0]}: not emulated\n", exit_code=126)
        if request.container == SIDECAR:
            return _in_sidecar(instance, request.argv)
        argv = [word.replace(VOLUME, str(instance.directory)) for word in request.argv]
        # The writer's service has no name here; psql's `\connect` is given its address beside it.
        stdin = _SERVICE.sub(rb"\g<0> hostaddr=\g<1>127.0.0.1\g<1>", request.stdin)
        return _run(instance, unprivileged(argv), stdin)


def _in_sidecar(instance: Instance, argv: Sequence[str]) -> ExecResult:
    """Run a command for which `/proc` holds the sidecar's own processes: the restores of WAL."""
    with tempfile.TemporaryDirectory(prefix="pgtwin-proc-") as proc:
        for name in ("uptime", *instance.restores()):
            Path(proc, name).symlink_to(f"/proc/{name}")
        return _run(instance, [word.replace("/proc", proc) for word in argv])


def _run(instance: Instance, argv: Sequence[str], stdin: bytes = b"") -> ExecResult:
    try:
        done = subprocess.run(
            argv,
            cwd=instance.directory,
            env=instance.environment,
            input=stdin,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ExecResult(stderr=f"not done within {SECONDS} s\n", exit_code=1)
    return ExecResult(
        stdout=done.stdout.decode(errors="replace"),
        stderr=done.stderr.decode(errors="replace"),
        exit_code=done.returncode,
    )
