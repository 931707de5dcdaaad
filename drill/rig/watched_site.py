"""What a site shows while it is recorded: its objects as they change, its instances every second.

What always holds:

* A question to PostgreSQL is a connection of its own. One that stays open would delay a smart
  shutdown, and so change what is recorded.
* What ends too early is begun again: a watch whose API restarts, a shell whose pod is replaced. An
  object that was deleted while nobody watched leaves no line.
* Every program that the recording started has ended when it ends.
"""

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from drill.child import Child, NoLine
from drill.rig.machine import MachineIsOff
from drill.rig.recorder import Observed
from topology.names import POSTGRES_NAMESPACE

Command = Callable[[Sequence[str]], Sequence[str]]
"""The command line of a `kubectl` with these arguments; may raise `MachineIsOff`."""

INTERVAL_SECONDS = 1.0
ANSWER_SECONDS, SILENCES = 3.0, 5
_SILENT = {"error": "no answer"}
_INSTANCES = "--selector=cnpg.io/podRole=instance"
_WATCHED = {
    "cluster": ("clusters.postgresql.cnpg.io",),
    "backup": ("backups.postgresql.cnpg.io",),
    "pod": ("pods", _INSTANCES),
}
_STATE = """
SELECT json_build_object(
  'in_recovery', pg_is_in_recovery(),
  'timeline', CASE WHEN pg_is_in_recovery()
    THEN (SELECT min_recovery_end_timeline FROM pg_control_recovery())
    ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END,
  'started', to_char(pg_postmaster_start_time(), 'HH24:MI:SS'),
  'synchronous_standbys',
    (SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')))
"""
_ASK = 'while read -r _; do said=$(psql -XAtq -d postgres -c "$1" 2>&1); echo ${said}; done'
"""In the pod: one line per line that it reads, so that it ends with whoever asks."""


class WatchedSite:
    """One site, through `kubectl`."""

    def __init__(self, kubectl: Command) -> None:
        self._kubectl = kubectl
        self._began = time.monotonic()
        self._observed: queue.SimpleQueue[Observed] = queue.SimpleQueue()
        self._pods: set[str] = set()
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()

    def observed(self, stop: threading.Event) -> Iterator[Observed]:
        """What is seen, in the order in which it was seen, until `stop` is set."""
        self._stop = stop
        try:
            for kind in _WATCHED:
                self._begin(self._watch, kind)
            while not stop.is_set():
                with suppress(queue.Empty):
                    yield self._observed.get(timeout=INTERVAL_SECONDS / 4)
        finally:
            stop.set()
            for thread in self._threads:
                thread.join()

    def _begin(self, target: Callable[[str], None], name: str) -> None:
        thread = threading.Thread(target=target, args=(name,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _see(self, kind: str, name: str, value: Any) -> None:
        seconds = time.monotonic() - self._began
        self._observed.put(Observed(seconds=seconds, kind=kind, name=name, value=value))

    def _watch(self, kind: str) -> None:
        arguments = ("get", *_WATCHED[kind], "--watch", "--output-watch-events", "--output=json")
        while not self._stop.is_set():
            with suppress(MachineIsOff, NoLine), Child(self._in_namespace(arguments)) as child:
                while not self._stop.is_set():
                    with suppress(TimeoutError):
                        self._event(kind, child.line(INTERVAL_SECONDS))
            self._stop.wait(INTERVAL_SECONDS)

    def _event(self, kind: str, line: str) -> None:
        name, value = event(line)
        self._see(kind, name, value)
        if kind != "pod":
            return
        if value is None:
            self._pods.discard(name)
        elif name not in self._pods:
            self._pods.add(name)
            self._begin(self._ask, name)

    def _ask(self, pod: str) -> None:
        arguments = ("exec", "-i", pod, "--container=postgres", "--", "bash", "-c", _ASK, "ask")
        while self._is_asked(pod):
            try:
                with Child(self._in_namespace((*arguments, _STATE))) as shell:
                    while self._is_asked(pod):
                        self._ask_once(pod, shell)
                        self._stop.wait(INTERVAL_SECONDS)
            except (MachineIsOff, NoLine):
                self._see("sql", pod, _SILENT)
            self._stop.wait(INTERVAL_SECONDS)

    def _ask_once(self, pod: str, shell: Child) -> None:
        """A busy machine answers late; only a shell that stays silent is left for another."""
        shell.send("\n")
        for _ in range(SILENCES):
            with suppress(TimeoutError):
                self._see("sql", pod, answer(shell.line(ANSWER_SECONDS)))
                return
            self._see("sql", pod, _SILENT)
            if not self._is_asked(pod):
                return
        raise NoLine

    def _is_asked(self, pod: str) -> bool:
        return pod in self._pods and not self._stop.is_set()

    def _in_namespace(self, arguments: Sequence[str]) -> Sequence[str]:
        return self._kubectl([f"--namespace={POSTGRES_NAMESPACE}", *arguments])


def event(line: str) -> tuple[str, dict[str, Any] | None]:
    """The name and the object of a line of `kubectl get --watch`; no object where it is gone."""
    seen = json.loads(line)
    item = seen["object"]
    return item["metadata"]["name"], None if seen["type"] == "DELETED" else item


def answer(line: str) -> dict[str, Any]:
    """What an instance said: its state, or the error of psql without the path of the socket."""
    if line.startswith("{"):
        state: dict[str, Any] = json.loads(line)
        return state
    said = line.rpartition("failed: ")[2]
    return {"error": said.partition(" Is the server running")[0]}
