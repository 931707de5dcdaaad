"""What the controllers of k3s have in common here: a look at one API, again and again."""

import threading
from abc import ABC, abstractmethod

from drill.kubernetes.cluster_api import ClusterApi


class Controller(ABC):
    """Looks from `start` to `stop`, while the API answers."""

    def __init__(self, *, api: ClusterApi, every_seconds: float) -> None:
        self._api = api
        self._every_seconds = every_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @abstractmethod
    def look(self) -> None:
        """One pass."""

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._every_seconds):
            if not self._api.faults.is_api_away:
                self.look()
