"""Every part that is pinned somewhere, from the files that pin it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from topology.versions import DIGESTS, POSTGRES_IMAGES, Versions

PYTHON_LOCKS = ("requirements-setup.lock", "requirements.lock")
_PYTHON = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One pinned part."""

    purl: str
    """Its package URL."""
    name: str
    version: str
    hashes: tuple[str, ...]
    """`algorithm:value` of each file that is accepted; none where only the version is pinned."""


def parts(folder: Path) -> Iterator[Part]:
    """All of a checkout, in the order of the files."""
    for lock in PYTHON_LOCKS:
        yield from _python((folder / lock).read_text(encoding="utf-8"))
    yield from _npm((folder / "package-lock.json").read_text(encoding="utf-8"))
    yield from _deployed()


def _python(lock: str) -> Iterator[Part]:
    starts = [*_PYTHON.finditer(lock)]
    ends = [*(match.start() for match in starts[1:]), len(lock)]
    for match, end in zip(starts, ends, strict=True):
        name, version = match[1], match[2]
        hashes = tuple(f"sha256:{each}" for each in _HASH.findall(lock[match.start() : end]))
        yield Part(
            purl=f"pkg:pypi/{name.lower()}@{version}", name=name, version=version, hashes=hashes
        )


def _npm(lock: str) -> Iterator[Part]:
    for path, each in json.loads(lock)["packages"].items():
        name = path.rpartition("node_modules/")[2]
        if not name:
            continue
        yield Part(
            purl=f"pkg:npm/{name.replace('@', '%40')}@{each['version']}",
            name=name,
            version=each["version"],
            hashes=(each["integrity"].replace("-", ":", 1),),
        )


def _deployed() -> Iterator[Part]:
    versions = Versions()
    for image in POSTGRES_IMAGES.values():
        named, _, digest = image.partition("@")
        name, _, tag = named.rpartition(":")
        yield Part(purl=f"pkg:oci/{name}@{digest}", name=name, version=tag, hashes=(digest,))
    for tagged, digest in DIGESTS.items():
        name, _, tag = tagged.rpartition(":")
        yield Part(purl=f"pkg:oci/{name}@{digest}", name=name, version=tag, hashes=(digest,))
    k3s = versions.k3s
    yield Part(
        purl=f"pkg:github/k3s-io/k3s@{k3s.version}",
        name="k3s",
        version=k3s.version,
        hashes=(f"sha256:{k3s.sha256_amd64}", f"sha256:{k3s.sha256_arm64}"),
    )
    charts = {
        "cloudnative-pg": versions.chart_cloudnative_pg,
        "plugin-barman-cloud": versions.chart_plugin_barman_cloud,
        "cert-manager": versions.chart_cert_manager,
    }
    for name, version in charts.items():
        yield Part(purl=f"pkg:helm/{name}@{version}", name=name, version=version, hashes=())
