"""What a site's machines run: one zip whose bytes depend on nothing but its content.

Files are sorted and have one fixed time, so that neither the clock nor the file system of a build
machine changes the hash. Only the program is compressed, to less than half: a build machine with
another zlib may then make another hash, which costs one more run of `apply` and replaces nothing.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import yaml

from charts.manifests import synthesize
from stacks.bundle import Bundle
from stacks.site_document import site_document
from topology.site import SiteName
from topology.topology import Topology

_HOST = Path(__file__).parent.parent / "host"
_ENTRY = b"import sys\n\nfrom host.__main__ import main\n\nsys.exit(main())\n"
_SHEBANG = b"#!/usr/bin/env python3\n"


def build_bundle(topology: Topology, site: SiteName, build: Path) -> Bundle:
    """Write the bundle of `site`, its manifests and the host program below `build`."""
    manifests = synthesize(topology, site, build / "manifests" / site)
    document = json.dumps(site_document(topology, site), indent=2) + "\n"
    program = host_program()
    (build / "host.pyz").write_bytes(program)
    files = {
        "host.pyz": program,
        "site.json": document.encode(),
        **{f"manifests/{manifest.stem}.json": _objects(manifest) for manifest in manifests},
    }
    bundle = Bundle(path=build / f"bundle-{site}.zip")
    bundle.path.write_bytes(_zip(files))
    return bundle


def host_program() -> bytes:
    """host.pyz: what runs on every machine."""
    modules = {
        str(source.relative_to(_HOST.parent)): source.read_bytes()
        for kind in ("*.py", "*.conf")
        for source in _HOST.rglob(kind)
    }
    return _SHEBANG + _zip({"__main__.py": _ENTRY, **modules}, zipfile.ZIP_DEFLATED)


def _objects(manifest: Path) -> bytes:
    # libyaml: a parser in Python takes longer over these files than cdk8s does to make them.
    objects = list(yaml.load_all(manifest.read_bytes(), Loader=yaml.CSafeLoader))
    return (json.dumps(objects, indent=1) + "\n").encode()


def _zip(files: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name], compression)
    return buffer.getvalue()
