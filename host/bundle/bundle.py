"""The site's bundle: what the SSM parameter points at, checked and unpacked.

A bundle is either whole under its own hash or absent: it is unpacked beside its place and renamed,
and `current` moves to it last. Nothing with another hash, and no manifest with a placeholder left,
ever gets a place. One run at a time reads the pointer and moves `current`, so that `current` never
goes back to an older bundle.
"""

import hashlib
import io
import json
import logging
import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from host.bundle.site_document import SiteDocument
from host.errors import Refused
from host.machine.lock import lock_in_time
from host.machine.machine import Files, Machine

FOLDER = "/var/lib/pgtwin/bundles"
_CURRENT = f"{FOLDER}/current"
_ACCOUNT = "__ACCOUNT_ID__"
_LEFTOVER = re.compile(r"__[A-Z][A-Z0-9_]*__|\$\{Token\[")
_FETCHED_SECONDS = 300.0
"""A few hundred KiB, and boto3's retries on a slow line."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """An unpacked bundle: its folder on the machine and the hash that it was checked against."""

    folder: str
    sha256: str

    @property
    def program(self) -> str:
        """The path of its host program."""
        return f"{self.folder}/host.pyz"

    def document(self, files: Files) -> SiteDocument:
        """Its site document."""
        return SiteDocument.parse(files.read(f"{self.folder}/site.json").decode())

    def manifests(self, files: Files) -> tuple[str, ...]:
        """The paths of its manifests, in the order in which they are applied."""
        folder = f"{self.folder}/manifests"
        return tuple(f"{folder}/{name}" for name in files.names(folder))


def fetch(machine: Machine) -> Bundle:
    """Bring the bundle that the site's pointer names onto this machine, and make it current.

    Raises:
        Refused: when the bundle is not the one that the pointer names, or not fit to be applied.
        Locked: when another run fetches for minutes.
    """
    with lock_in_time(machine.files, "bundle", clock=machine.clock, seconds=_FETCHED_SECONDS):
        return _fetch(machine)


def _fetch(machine: Machine) -> Bundle:
    files = machine.files
    pointer = _pointer(machine)
    sha256 = pointer["sha256"]
    bundle = Bundle(folder=f"{FOLDER}/{sha256}", sha256=sha256)
    if not files.exists(bundle.folder):
        _unpack(machine, _download(machine, pointer), bundle)
        _log.info("bundle %s unpacked", sha256[:12])
    files.link(_CURRENT, sha256)
    return bundle


def current(files: Files) -> Bundle:
    """The bundle that was fetched last.

    Raises:
        Refused: where none was.
    """
    if not files.exists(_CURRENT):
        raise Refused("no bundle on this machine yet - run: pgtwin-host boot")
    folder = files.path(_CURRENT).resolve().name
    return Bundle(folder=f"{FOLDER}/{folder}", sha256=folder)


def _pointer(machine: Machine) -> dict[str, str]:
    system, site = machine.imds.tag("pgtwin:system"), machine.imds.tag("pgtwin:site")
    ssm = machine.aws.client("ssm")
    value = ssm.get_parameter(Name=f"/pgtwin/{system}/{site}/bundle")["Parameter"]["Value"]
    try:
        pointer = json.loads(value)
        return {key: str(pointer[key]) for key in ("bucket", "key", "sha256")}
    except (ValueError, KeyError, TypeError):
        raise Refused(f"the bundle's pointer is {value!r} - deploy the site again") from None


def _download(machine: Machine, pointer: dict[str, str]) -> bytes:
    where = {"Bucket": pointer["bucket"], "Key": pointer["key"]}
    content: bytes = machine.aws.client("s3").get_object(**where)["Body"].read()
    found = hashlib.sha256(content).hexdigest()
    if found != pointer["sha256"]:
        raise Refused(
            f"s3://{pointer['bucket']}/{pointer['key']} has sha256 {found}, not "
            f"{pointer['sha256']}: damaged or exchanged - deploy the site again"
        )
    return content


def _unpack(machine: Machine, content: bytes, bundle: Bundle) -> None:
    files, account = machine.files, machine.imds.identity().account
    beside = f"{FOLDER}/.{bundle.sha256}"
    files.remove(beside)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            _check_name(name)
            files.write(f"{beside}/{name}", _filled(name, archive.read(name), account))
    SiteDocument.parse(files.read(f"{beside}/site.json").decode())
    files.rename(beside, bundle.folder)


def _check_name(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or name.endswith("/"):
        raise Refused(f"the bundle holds a file called {name!r} - deploy the site again")


def _filled(name: str, content: bytes, account: str) -> bytes:
    if not name.endswith((".yaml", ".json")):
        return content
    text = content.decode().replace(_ACCOUNT, account)
    left = _LEFTOVER.search(text)
    if left:
        raise Refused(f"{name} still holds the placeholder {left[0]} - synthesise and deploy again")
    return text.encode()
