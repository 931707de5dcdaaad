"""The index of a Helm repository, made from the chart archives in a folder."""

import hashlib
import tarfile
from pathlib import Path
from typing import Any

import yaml


def index(folder: Path) -> str:
    """`index.yaml`; URLs are beside it."""
    entries: dict[str, list[dict[str, Any]]] = {}
    for archive in sorted(folder.glob("*.tgz")):
        chart = _chart(archive)
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        entry = {**chart, "urls": [archive.name], "digest": digest}
        entries.setdefault(chart["name"], []).append(entry)
    return yaml.safe_dump({"apiVersion": "v1", "entries": entries})


def _chart(archive: Path) -> dict[str, Any]:
    with tarfile.open(archive) as chart:
        for member in chart.getmembers():
            content = chart.extractfile(member) if member.name.count("/") == 1 else None
            if content and member.name.endswith("/Chart.yaml"):
                found: dict[str, Any] = yaml.safe_load(content.read())
                return found
    raise ValueError(f"{archive} is no chart: it has no Chart.yaml")
