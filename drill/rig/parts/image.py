"""Container images as OCI archives that `ctr images import` reads, without a container engine.

The layout is that of the OCI image specification: an index, a manifest, a config and the layers,
each named by its hash. An image may have several names; containerd stores one entry for each. The
kubelet asks for `repository@digest` where a manifest gives a tag and a digest, so a stand-in
answers to the real image's digest when it carries that name, and manifests need no change.
"""

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drill.rig.parts.debian_layer import LAYER
from drill.rig.parts.part import Prerequisite
from drill.rig.parts.workspace import Workspace

_HERE = Path(__file__).parent
_OCI = "application/vnd.oci.image"
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
"""This machine's, as Go and images call it."""


def names_of(reference: str) -> tuple[str, ...]:
    """The names under which the kubelet looks for an image: by tag, and by digest if it has one."""
    tagged, _, digest = reference.partition("@")
    repository = tagged.rpartition(":")[0]
    return (tagged, f"{repository}@{digest}") if digest else (tagged,)


@dataclass(frozen=True, kw_only=True)
class Image:
    """`image.tar`: the layers of other parts, and one layer of programs and scripts on top."""

    reference: str
    """As the manifests name it, with the digest if they give one."""
    layers: tuple[str, ...] = ()
    """Parts that hold a layer, the lowest first."""
    programs: Mapping[str, str] = field(default_factory=dict)
    """Path in the cache, beginning with a part's name -> path in the image."""
    scripts: Mapping[str, str] = field(default_factory=dict)
    """File beside this one -> path in the image."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Path in the image -> what it links to."""
    removed: tuple[str, ...] = ()
    """Files of the lower layers that the image must not have."""
    entrypoint: tuple[str, ...] = ()
    user: str = ""
    path: str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    environment: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The scripts that are put into the image."""
        return tuple(_HERE / name for name in self.scripts)

    @property
    def prerequisites(self) -> tuple[Prerequisite, ...]:
        """Only Python's own tarfile."""
        return ()

    def make(self, work: Workspace) -> None:
        """Write the archive."""
        own = work.into / "own.tar"
        self._write_own_layer(own, work.made)
        layers = [*(work.made[name] / LAYER for name in self.layers), own]
        with tarfile.open(work.into / "image.tar", "w") as archive:
            self._write_image(archive, layers)
        own.unlink()

    def _write_own_layer(self, path: Path, made: Mapping[str, Path]) -> None:
        with tarfile.open(path, "w") as layer:
            _add_folder(layer, "tmp", mode=0o1777)
            for removed in self.removed:
                folder, _, name = removed.rpartition("/")
                _add(layer, f"{folder}/.wh.{name}", b"")
            for source, target in self.programs.items():
                part, _, rest = source.partition("/")
                _add(layer, target, (made[part] / rest).read_bytes())
            for link, target in self.links.items():
                _add_link(layer, link, target)
            for source, target in self.scripts.items():
                _add(layer, target, (_HERE / source).read_bytes())

    def _write_image(self, archive: tarfile.TarFile, layers: list[Path]) -> None:
        hashes = [_hash_of(path) for path in layers]
        config = json.dumps(self._config(hashes)).encode()
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": f"{_OCI}.manifest.v1+json",
                "config": _described(config, "config.v1+json"),
                "layers": [
                    {
                        "mediaType": f"{_OCI}.layer.v1.tar",
                        "digest": f"sha256:{digest}",
                        "size": path.stat().st_size,
                    }
                    for path, digest in zip(layers, hashes, strict=True)
                ],
            }
        ).encode()
        _add(archive, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        _add(archive, "index.json", json.dumps(self._index(manifest)).encode())
        for blob in (manifest, config):
            _add(archive, f"blobs/sha256/{hashlib.sha256(blob).hexdigest()}", blob)
        for path, digest in zip(layers, hashes, strict=True):
            archive.add(path, f"blobs/sha256/{digest}", filter=_plain)

    def _config(self, hashes: list[str]) -> dict[str, Any]:
        return {
            "architecture": ARCHITECTURE,
            "os": "linux",
            "config": {
                "Env": [f"PATH={self.path}", *self.environment],
                "Entrypoint": list(self.entrypoint) or None,
                "User": self.user,
            },
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in hashes]},
        }

    def _index(self, manifest: bytes) -> dict[str, Any]:
        """One entry per name, all of the same manifest."""
        described = _described(manifest, "manifest.v1+json")
        return {
            "schemaVersion": 2,
            "mediaType": f"{_OCI}.index.v1+json",
            "manifests": [
                described | {"annotations": {"io.containerd.image.name": name}}
                for name in names_of(self.reference)
            ],
        }


def _described(content: bytes, kind: str) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    return {"mediaType": f"{_OCI}.{kind}", "digest": f"sha256:{digest}", "size": len(content)}


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o755
    archive.addfile(entry, io.BytesIO(content))


def _add_link(archive: tarfile.TarFile, name: str, target: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    archive.addfile(entry)


def _add_folder(archive: tarfile.TarFile, name: str, *, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    archive.addfile(entry)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """The same bytes in every build: neither times nor owners of the cache's files."""
    entry.mtime = 0
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
