"""The operators' charts in k3s' manifests folder.

k3s applies a file when its hash changes and writes the hash into an AddOn only after that worked,
so the AddOn is the proof. Deleting a file deletes nothing: a chart that left the bundle is first
replaced by an empty document, which makes k3s remove its objects, and only then deleted
(k3s pkg/deploy/controller.go).
"""

import hashlib
import logging

from host.apply.manifest import Manifest
from host.kubernetes.kubectl import Kubectl
from host.machine.machine import Clock, Files
from host.machine.paths import K3S_MANIFESTS as FOLDER
from host.machine.waiting import wait_for

_PREFIX = "pgtwin-"
_EMPTY = "# This chart left the bundle.\n"
_ADDON = "addons.k3s.cattle.io"
_ADDON_SECONDS = 300
_log = logging.getLogger(__name__)


class ChartsFolder:
    """The files of ours in that folder, each `pgtwin-<name>.yaml`."""

    def __init__(self, files: Files, kubectl: Kubectl, clock: Clock) -> None:
        self._files = files
        self._kubectl = kubectl
        self._clock = clock

    def put(self, chart: Manifest) -> None:
        """Make the folder hold this chart, and wait until k3s took it.

        Raises:
            TimedOut: when k3s did not apply the file within five minutes.
        """
        name = f"{_PREFIX}{chart.name}"
        self._write(name, chart.text)
        self._await(name, chart.text)

    def remove_others(self, charts: tuple[Manifest, ...]) -> None:
        """Make the folder hold no other chart of ours than these.

        Raises:
            TimedOut: when k3s did not remove what was in a file within five minutes.
        """
        gone = self._ours() - {f"{_PREFIX}{chart.name}" for chart in charts}
        for name in gone:
            self._write(name, _EMPTY)
        for name in gone:
            self._await(name, _EMPTY)
            # The file first: k3s recreates a missing AddOn while its file is there.
            self._files.remove(f"{FOLDER}/{name}.yaml")
            self._kubectl.delete(_ADDON, "kube-system", name)
            _log.info("the chart %s left", name)

    def _ours(self) -> set[str]:
        names = self._files.names(FOLDER)
        return {
            name.removesuffix(".yaml")
            for name in names
            if name.startswith(_PREFIX) and name.endswith(".yaml")
        }

    def _write(self, name: str, text: str) -> None:
        path = f"{FOLDER}/{name}.yaml"
        if not self._files.exists(path) or self._files.read(path) != text.encode():
            self._files.write(path, text.encode(), mode=0o600)

    def _await(self, name: str, text: str) -> None:
        checksum = hashlib.sha256(text.encode()).hexdigest()

        def taken() -> bool:
            addon = self._kubectl.get(_ADDON, name, "-n", "kube-system") or {}
            return bool(addon.get("spec", {}).get("checksum") == checksum)

        what = f"k3s to apply {name}.yaml (kubectl -n kube-system describe addon {name})"
        wait_for(self._clock, what, taken, deadline_seconds=_ADDON_SECONDS)
