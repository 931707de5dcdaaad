"""The k3s binary: fetched, compared with the pinned hash, and only then put in its place.

What runs is never exchanged by a boot: a machine that restarts keeps the k3s that it has, and
`upgrade` moves the machines to the bundle's version in an order that etcd and the database bear.
"""

import logging

from host.bundle.site_document import K3s
from host.errors import Refused
from host.machine.machine import Machine
from host.machine.paths import K3S, STATE
from host.machine.retrying import retry

_NEW = "/usr/local/bin/.k3s.new"
_VERIFIED = f"{STATE}/k3s.sha256"
"""The hash of the binary in place, written before the binary is moved there."""
_FILES = {"amd64": "k3s", "arm64": "k3s-arm64"}
_RELEASES = "https://github.com/k3s-io/k3s/releases/download"
_PART_BYTES = 1024 * 1024
_log = logging.getLogger(__name__)


def install_k3s(machine: Machine, k3s: K3s) -> None:
    """Have a verified k3s, whichever version it is."""
    files = machine.files
    installed = files.sha256(K3S)
    if installed and files.exists(_VERIFIED) and files.read(_VERIFIED).decode() == installed:
        if installed != _wanted(machine, k3s):
            _log.warning("k3s is not the bundle's %s - run: pgtwin-host upgrade", k3s.version)
        return
    swap_k3s(machine, k3s)


def swap_k3s(machine: Machine, k3s: K3s) -> None:
    """Put the bundle's k3s in its place; what runs goes on with the old one until its restart.

    Raises:
        Failed: when it cannot be fetched.
        Refused: when what came is not what was pinned; the old one stays.
    """
    files, wanted = machine.files, _wanted(machine, k3s)
    if files.sha256(_NEW) != wanted:
        retry(machine.clock, lambda: _fetch(machine, k3s))
    found = files.sha256(_NEW)
    if found != wanted:
        files.remove(_NEW)
        raise Refused(
            f"k3s {k3s.version} has sha256 {found}, not {wanted} - compare both with the release's "
            f"sha256sum file; correct topology/versions.py or the mirror, and deploy again"
        )
    files.permit(_NEW, 0o755)
    files.write(_VERIFIED, wanted.encode())
    files.rename(_NEW, K3S)
    _log.info("k3s %s is in place", k3s.version)


def _wanted(machine: Machine, k3s: K3s) -> str:
    return k3s.sha256[machine.imds.identity().architecture]


def _fetch(machine: Machine, k3s: K3s) -> None:
    file = _FILES[machine.imds.identity().architecture]
    if k3s.mirror is None:
        # GitHub answers 404 to a plus sign that is not written as %2B.
        release = k3s.version.replace("+", "%2B")
        machine.web.download(f"{_RELEASES}/{release}/{file}", _NEW)
        return
    bucket, _, prefix = k3s.mirror.removeprefix("s3://").partition("/")
    machine.files.folder("/usr/local/bin")
    body = machine.aws.client("s3").get_object(Bucket=bucket, Key=f"{prefix}/{file}")["Body"]
    with machine.files.path(_NEW).open("wb") as target:
        for part in body.iter_chunks(_PART_BYTES):
            target.write(part)
