"""The real Kubernetes API with the real operator and plugin, for one test session."""

import shutil
import time
from pathlib import Path

from drill.rig.parts import build
from drill.rig.parts.build import chosen, missing
from tests.contract.real.control_plane import API, ControlPlane
from tests.contract.real.namespaces import Namespaces
from tests.contract.real.operators import Operators
from tests.contract.side import Program, Run
from tests.contract.trouble import Trouble, of_real

PARTS = (
    "kubernetes",
    "etcd",
    "operator",
    "operator-manifests",
    "plugin",
    "plugin-manifests",
    "helm",
)


def absent() -> str:
    """Why the real parts cannot run here; empty where they can."""
    lacking = [need.what for need in missing(chosen(PARTS))]
    return Namespaces.missing() or (f"needs {', '.join(lacking)}" if lacking else "")


def versions() -> dict[str, str]:
    """What is compared with."""
    return {part.name: part.version for part in chosen(PARTS)}


class RealSite:
    """Exists while it is entered. Builds what was never built on this machine, which takes long."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "real"
        self._folder.mkdir()
        began = time.monotonic()
        self.parts = build(PARTS)
        self.build_seconds = time.monotonic() - began
        self.namespaces = Namespaces(logs=self._folder)
        self._control_plane = ControlPlane(
            namespaces=self.namespaces,
            parts=self.parts,
            kubectl=shutil.which("kubectl") or "kubectl",
            folder=self._folder,
        )
        self._operators = Operators(
            namespaces=self.namespaces,
            control_plane=self._control_plane,
            parts=self.parts,
            folder=self._folder,
        )

    def __enter__(self) -> "RealSite":
        try:
            self._control_plane.start()
            self._operators.start()
        except BaseException:
            self.namespaces.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.namespaces.close()

    def run(self) -> Run:
        """kubectl, led to it."""
        return Program(command=self._control_plane.kubectl(), home=self._folder)

    @property
    def kubeconfig(self) -> Path:
        """What leads a program to it that is entered."""
        return self._control_plane.kubeconfig

    def entered(self, *command: str) -> list[str]:
        """A command line that runs `command` where the API server is reached."""
        return self.namespaces.entered(*command)

    def log(self, part: str) -> str:
        """What a part has written so far."""
        return (self._folder / f"{part}.log").read_text(encoding="utf-8")

    def trouble(self) -> Trouble:
        """What can happen to its API server."""
        return of_real(lambda number: self.namespaces.send("kube-apiserver", number), url=API)
