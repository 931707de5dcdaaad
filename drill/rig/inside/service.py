"""One service of a machine: started, restarted as its unit says, and stopped."""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from drill.rig.inside.unit import Unit

STOP_SECONDS = 30.0
_NOTIFY = "/run/notify"


class Service:
    """Runs a unit's ExecStart in a thread of its own; a new start waits for the old one's end."""

    def __init__(self, unit: Unit, log: Path, assertion: Callable[[Unit], str | None]) -> None:
        self.unit = unit
        self.result: int | None = None
        """The exit code of the last run."""
        self._log = log
        self._assertion = assertion
        self._wanted = threading.Event()
        self._settled = threading.Event()
        self._lock = threading.Lock()
        """Between a stop and the next run of the program."""
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    @property
    def is_active(self) -> bool:
        """Whether its program runs, or ended well where RemainAfterExit= makes that as good."""
        running = self._process is not None and self._process.poll() is None
        remains = self.unit.value("RemainAfterExit") == "yes" and self._wanted.is_set()
        return running or (remains and self.result == 0)

    @property
    def is_starting(self) -> bool:
        """Whether a start has not come to its end yet."""
        return self._wanted.is_set() and not self._settled.is_set()

    @property
    def is_kept(self) -> bool:
        """Whether it runs, or will again after a pause."""
        goes_on = self._thread is not None and self._thread.is_alive() and self._wanted.is_set()
        return goes_on or self.is_active

    def start(self) -> None:
        """Begin to run; does nothing while it does. See `wait` for the end of the start."""
        if self.is_kept:
            return
        self._wanted.set()
        self._settled.clear()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def wait(self) -> int:
        """Wait until the start is over; 0 where it worked."""
        self._settled.wait()
        return 0 if self.is_active else self.result or 0

    def stop(self) -> None:
        """SIGTERM to the program itself and nothing that it started (KillMode=process)."""
        with self._lock:
            self._wanted.clear()
            process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _keep(self) -> None:
        while self._wanted.is_set():
            self.result = self._run()
            restart = self.unit.value("Restart", "no")
            if restart == "no" or (restart == "on-failure" and self.result == 0):
                break
            if restart == "on-failure" or self.unit.value("Type") == "oneshot":
                self._settled.set()
            time.sleep(self.unit.seconds("RestartSec", 0.1))
        self._settled.set()

    def _run(self) -> int:
        missing = self._assertion(self.unit)
        if missing:
            self._note(f"assertion failed: {missing}")
            return 1
        if self.unit.value("Type") != "notify":
            return self._execute({})
        address = f"{_NOTIFY}/{self.unit.name}"
        with _listen(address) as told:
            threading.Thread(target=self._await_ready, args=(told,), daemon=True).start()
            return self._execute({"NOTIFY_SOCKET": address})

    def _execute(self, environment: dict[str, str]) -> int:
        with self._log.open("ab") as log:
            with self._lock:
                if not self._wanted.is_set():
                    return 0
                self._process = subprocess.Popen(
                    self.unit.command,
                    env={**os.environ, **environment},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            if self.unit.value("Type") == "exec":
                self._settled.set()
            return self._process.wait()

    def _await_ready(self, told: socket.socket) -> None:
        try:
            while b"READY=1" not in told.recv(1024):
                continue
        except OSError:
            return  # closed: the program ended before it was ready
        self._settled.set()

    def _note(self, text: str) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{self.unit.name}: {text}\n")


def _listen(address: str) -> socket.socket:
    os.makedirs(_NOTIFY, exist_ok=True)
    if os.path.exists(address):
        os.unlink(address)
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(address)
    return told
