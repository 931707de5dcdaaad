"""The operators' charts, through k3s' manifests folder.

k3s applies a file when its hash changes and writes the hash into an AddOn only after that worked,
so the AddOn shows it. Deleting a file deletes nothing: a chart that left the bundle is first
replaced by an empty document, which makes k3s remove its objects (k3s pkg/deploy/controller.go).

What always holds: a file of ours is in the folder only until k3s has taken it. Each server's k3s
applies the folder of that server, and all of it again whenever it starts, whatever the AddOn says
(WatchFiles; k3s issue 1357). A file that stayed on one server would bring back the version of an
operator that `apply` has replaced on another since.
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
_NAMESPACE = "kube-system"
_ADDON_SECONDS = 300
_log = logging.getLogger(__name__)


class ChartsFolder:
    """The files of ours in that folder, each `pgtwin-<name>.yaml`, and k3s' AddOns of them."""

    def __init__(self, files: Files, kubectl: Kubectl, clock: Clock) -> None:
        self._files = files
        self._kubectl = kubectl
        self._clock = clock

    def put(self, chart: Manifest) -> None:
        """Have k3s take this chart, where it has not.

        Raises:
            TimedOut: when k3s did not apply the file within five minutes.
        """
        self._have_taken(f"{_PREFIX}{chart.name}", chart.text)

    def remove_others(self, charts: tuple[Manifest, ...]) -> None:
        """Have k3s remove every chart of ours but these.

        Raises:
            TimedOut: when k3s did not remove what was in a file within five minutes.
        """
        for name in sorted(self._known() - {f"{_PREFIX}{chart.name}" for chart in charts}):
            self._have_taken(name, _EMPTY)
            # The file is gone by now: k3s recreates a missing AddOn while its file is there.
            self._kubectl.delete(_ADDON, _NAMESPACE, name)
            _log.info("the chart %s left", name)

    def _known(self) -> set[str]:
        addons = self._kubectl.list(_ADDON, _NAMESPACE)
        names = {addon["metadata"]["name"] for addon in addons}
        names |= {name.removesuffix(".yaml") for name in self._files.names(FOLDER)}
        return {name for name in names if name.startswith(_PREFIX)}

    def _have_taken(self, name: str, text: str) -> None:
        path, checksum = f"{FOLDER}/{name}.yaml", hashlib.sha256(text.encode()).hexdigest()

        def taken() -> bool:
            addon = self._kubectl.get(_ADDON, name, "-n", _NAMESPACE) or {}
            return bool(addon.get("spec", {}).get("checksum") == checksum)

        if not taken():
            self._files.write(path, text.encode(), mode=0o600)
            why = f"kubectl -n kube-system describe addon {name}"
            what = f"k3s to apply {name}.yaml (to see why, run: {why})"
            wait_for(self._clock, what, taken, deadline_seconds=_ADDON_SECONDS)
        self._files.remove(path)
