"""The power of a site's machines as EC2 has it: stopped there means switched off here."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

WATCH_SECONDS = 1.0
_OFF = ("stopping", "stopped", "shutting-down", "terminated")


class InstancePower:
    """Looks once a second, from `start` to `stop`.

    `off` is called again and again while an instance is stopped, `on` once when it is started: a
    site that lost its power otherwise is not switched on because its instances run.
    """

    def __init__(
        self,
        *,
        ec2: Any,
        instances: Sequence[str],
        off: Callable[[], None],
        on: Callable[[], None],
    ) -> None:
        self._ec2 = ec2
        self._instances = list(instances)
        self._off = off
        self._on = on
        self._was_stopped = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def _follow(self) -> None:
        while not self._closing.wait(WATCH_SECONDS):
            try:
                found = self._ec2.describe_instances(InstanceIds=self._instances)["Reservations"]
            except Exception:  # noqa: S112 (the region is cut off: nobody can switch it)
                continue
            states = [each["State"]["Name"] for group in found for each in group["Instances"]]
            stopped = any(state in _OFF for state in states)
            if stopped:
                self._off()
            elif self._was_stopped:
                self._on()
            self._was_stopped = stopped
