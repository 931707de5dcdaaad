"""When k3s' own certificates on this server end.

k3s issues them for 365 days and renews them only when it starts, once less than 120 days are left
(k3s' documentation, "certificate"), so a server that is never restarted loses its API after a year.
"""

from datetime import UTC, datetime

from host.errors import Failed
from host.evidence.status_document import CertificateStatus
from host.evidence.status_parts import certificate_status
from host.machine.command import command
from host.machine.machine import Machine
from host.machine.paths import K3S_DATA

_FOLDERS = (f"{K3S_DATA}/server/tls", f"{K3S_DATA}/agent")
_OPENSSL_TIME = "notAfter=%b %d %H:%M:%S %Y GMT"


def k3s_certificates(machine: Machine) -> tuple[CertificateStatus, ...]:
    """The certificates that k3s renews at its start, the next to expire first.

    Authorities are left out: they are good for ten years, and a restart does not renew them.

    Raises:
        Failed: when one cannot be read.
    """
    now = machine.clock.now()
    found = [
        certificate_status(name.removesuffix(".crt"), _end(machine, f"{folder}/{name}"), now)
        for folder in _FOLDERS
        for name in machine.files.names(folder)
        if name.endswith(".crt") and not name.endswith("-ca.crt")
    ]
    return tuple(sorted(found, key=lambda each: each.days_left))


def _end(machine: Machine, path: str) -> datetime:
    where = str(machine.files.path(path))
    said = command(machine.shell, "openssl", "x509", "-noout", "-enddate", "-in", where)
    try:
        return datetime.strptime(said.strip(), _OPENSSL_TIME).replace(tzinfo=UTC)
    except ValueError:
        raise Failed(
            f"{path} ends at {said.strip()[:100]!r}, which is not a valid timestamp"
        ) from None
