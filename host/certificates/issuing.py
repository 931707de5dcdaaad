"""Certificates by the machine's openssl, which Ubuntu has for its own (`ca-certificates`).

What always holds: keys lie in memory only (`/run`), in a folder that root alone enters and that is
gone afterwards; no command line holds one.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from host.certificates.authority import LEAF_VALID, Authority
from host.certificates.certificate import AUTHORITY, Leaf, configuration, subject
from host.machine.command import command
from host.machine.machine import Machine

AUTHORITY_VALID = timedelta(days=3650)
_AGO = timedelta(minutes=5)
"""Clocks differ; CloudNativePG dates its own back as far (v1.30.0 pkg/certs/certs.go)."""
_FOLDER = "/run/pgtwin/certificates"
_MOMENT = "%Y%m%d%H%M%SZ"


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A certificate, its key and its end."""

    certificate: str
    """PEM."""
    key: str = field(repr=False)
    """PEM."""
    ends: datetime


def issue_authority(machine: Machine, authority: Authority, system: str) -> Issued:
    """The authority's certificate for itself; any two of one key stand for each other."""
    folder = _Folder(machine)
    try:
        folder.write("key", authority.key)
        return folder.sign(
            name=subject(authority, system), extensions=AUTHORITY, valid=AUTHORITY_VALID, by=None
        )
    finally:
        folder.remove()


def issue_leaf(machine: Machine, leaf: Leaf, *, by: Authority, certificate: str) -> Issued:
    """A new key, certified by an authority whose own certificate is `certificate`."""
    folder = _Folder(machine)
    try:
        curve = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        command(machine.shell, "openssl", "genpkey", *curve, "-out", folder.path("key"))
        folder.write("ca.key", by.key)
        folder.write("ca.crt", certificate)
        return folder.sign(name=leaf.name, extensions=leaf.extensions, valid=LEAF_VALID, by="ca")
    finally:
        folder.remove()


class _Folder:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.remove()
        machine.files.folder(_FOLDER, mode=0o700)

    def path(self, name: str) -> str:
        return str(self._machine.files.path(f"{_FOLDER}/{name}"))

    def write(self, name: str, text: str) -> None:
        self._machine.files.write(f"{_FOLDER}/{name}", text.encode(), mode=0o600)

    def remove(self) -> None:
        self._machine.files.remove(_FOLDER)

    def sign(self, *, name: str, extensions: str, valid: timedelta, by: str | None) -> Issued:
        """Certify the key that is in the folder, by itself or by the key `by`."""
        now = self._machine.clock.now().astimezone(UTC).replace(microsecond=0)
        ends = now + valid
        self.write("index.txt", "")
        own = configuration(name=name, extensions=extensions, folder=self.path(""))
        self.write("openssl.cnf", own)
        settings = ("-config", self.path("openssl.cnf"))
        request, certificate = self.path("request"), self.path("certificate")
        shell = self._machine.shell
        command(
            shell, "openssl", "req", "-new", *settings, "-key", self.path("key"), "-out", request
        )
        signer = (
            ("-selfsign", "-keyfile", self.path("key"))
            if by is None
            else ("-keyfile", self.path(f"{by}.key"), "-cert", self.path(f"{by}.crt"))
        )
        dates = ("-startdate", f"{now - _AGO:{_MOMENT}}", "-enddate", f"{ends:{_MOMENT}}")
        command(
            shell,
            *("openssl", "ca", "-batch", "-notext", *settings, *signer, *dates),
            *("-extensions", "extensions", "-in", request, "-out", certificate),
        )
        return Issued(certificate=self._read("certificate"), key=self._read("key"), ends=ends)

    def _read(self, name: str) -> str:
        return self._machine.files.read(f"{_FOLDER}/{name}").decode()
