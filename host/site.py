"""The context that verbs work in."""

import os
import sys
from dataclasses import dataclass

from host.bundle import bundle as bundles
from host.bundle.bundle import Bundle
from host.bundle.site_document import SiteDocument
from host.kubernetes.kubectl import Kubectl
from host.machine.machine import Machine


@dataclass(frozen=True, kw_only=True)
class Site:
    """This site as its bundle describes it, and the means to act on it."""

    document: SiteDocument
    bundle: Bundle
    machine: Machine
    kubectl: Kubectl

    @classmethod
    def current(cls, machine: Machine) -> "Site":
        """The site as of the bundle that was fetched last; no network."""
        return cls._of(machine, bundles.current(machine.files))

    @classmethod
    def newest(cls, machine: Machine) -> "Site":
        """The site as of the bundle that its pointer names now, fetched where it is new.

        Where that bundle holds another version of this program, the program replaces itself with
        it before anything else happens, so that manifests meet the code they were made for.
        """
        bundle = bundles.fetch(machine)
        _become(machine, bundle)
        return cls._of(machine, bundle)

    @classmethod
    def _of(cls, machine: Machine, bundle: Bundle) -> "Site":
        return cls(
            document=bundle.document(machine.files),
            bundle=bundle,
            machine=machine,
            kubectl=Kubectl(machine.shell, machine.clock),
        )


def _become(machine: Machine, bundle: Bundle) -> None:
    running = sys.argv[0]
    if not running.endswith(".pyz"):
        return
    with open(running, "rb") as file:
        if file.read() == machine.files.read(bundle.program):
            return
    program = str(machine.files.path(bundle.program))
    os.execv(sys.executable, [sys.executable, program, *sys.argv[1:]])  # noqa: S606
