"""What a site's machines run: one zip whose bytes depend on nothing but its content.

Files are stored uncompressed, sorted and with one fixed time, so that neither the clock, the file
system nor the zlib of a build machine changes the hash, and with it every machine.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stacks.site_document import site_document
from topology.site import SiteName
from topology.topology import Topology

_HOST = Path(__file__).parent.parent / "host"
_ENTRY = b"import sys\n\nfrom host.__main__ import main\n\nsys.exit(main())\n"
_SHEBANG = b"#!/usr/bin/env python3\n"


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The zip of one site and the hash that machines check it against."""

    path: Path
    sha256: str

    @classmethod
    def build(cls, topology: Topology, site: SiteName, build: Path) -> "Bundle":
        """Write the bundle, the host program and the manifests below `build`."""
        manifests = build / "manifests" / site
        _synthesize(topology, site, manifests)
        program = _SHEBANG + _zip({"__main__.py": _ENTRY, **_program()})
        (build / "host.pyz").write_bytes(program)
        document = json.dumps(site_document(topology, site), indent=2) + "\n"
        content = _zip(
            {
                "host.pyz": program,
                "site.json": document.encode(),
                **{f"manifests/{file.name}": file.read_bytes() for file in manifests.iterdir()},
            }
        )
        path = build / f"bundle-{site}.zip"
        path.write_bytes(content)
        return cls(path=path, sha256=hashlib.sha256(content).hexdigest())


def _synthesize(topology: Topology, site: SiteName, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for stale in directory.iterdir():
        stale.unlink()
    try:
        from charts.manifests import synthesize
    except ImportError:
        return
    synthesize(topology, site, directory)


def _program() -> dict[str, bytes]:
    return {f"host/{file.name}": file.read_bytes() for file in _HOST.glob("*.py")}


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()
