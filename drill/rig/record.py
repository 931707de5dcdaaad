"""The commands that make a recording (`recorder.py`): watch a site, and take a part of a file.

What always holds: a file is complete at any moment, since every line is written at once; SIGINT and
SIGTERM end a recording between two lines.
"""

import json
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from drill.rig.parts.catalogue import PARTS
from drill.rig.recorder import write
from drill.rig.watched_site import Command, WatchedSite

_NAMED = {
    "kubernetes": "kubernetes",
    "operator": "cloudnative-pg",
    "plugin": "plugin-barman-cloud",
    "image-postgresql-18": "postgresql",
}
"""The parts of the rig, and what a recording calls them."""
_GROUND = "the rig of this repository: real kube-apiserver, kubelet, operator, plugin, PostgreSQL"


def record(kubectl: Command, file: Path, *, what: str) -> None:
    """Record a site until SIGINT or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with file.open("w", encoding="utf-8") as out:
        write(WatchedSite(kubectl).observed(stop), head(file, what=what), out)


def cut(
    whole: Path,
    file: Path,
    *,
    start: float,
    end: float,
    what: str,
    done: Sequence[tuple[float, str]] = (),
) -> None:
    """Write the part of a recording between two of its moments, in seconds.

    `done` is what was done to the site, and when; no object of it tells that.
    """
    made_with, *lines = (json.loads(each) for each in whole.read_text("utf-8").splitlines())
    lines += [{"seconds": at, "kind": "input", "name": "", "what": text} for at, text in done]
    lines.sort(key=itemgetter("seconds"))
    made_with |= {"recording": file.stem, "what": what or made_with["what"], "from": whole.stem}
    text = [json.dumps(each) for each in (made_with, *part(lines, start=start, end=end))]
    file.write_text("\n".join(text) + "\n", encoding="utf-8")


def part(
    lines: Sequence[Mapping[str, Any]], *, start: float, end: float
) -> Iterator[Mapping[str, Any]]:
    """The digests between two moments, after how every object stood at the first."""
    before: dict[tuple[str, str], Mapping[str, Any]] = {}
    for line in lines:
        if line["seconds"] < start and line["kind"] != "input":
            before[line["kind"], line["name"]] = line
    for line in before.values():
        if "deleted" not in line:
            yield {**line, "seconds": 0.0}
    for line in lines:
        if start <= line["seconds"] <= end:
            yield {**line, "seconds": round(line["seconds"] - start, 1)}


def head(file: Path, *, what: str) -> dict[str, Any]:
    """What a recording was made with."""
    return {
        "recording": file.stem,
        "what": what,
        "cut": False,
        "date": datetime.now(UTC).date().isoformat(),
        "ground": _GROUND,
        "versions": {
            _NAMED[each.name]: each.version.removeprefix("v")
            for each in PARTS
            if each.name in _NAMED
        },
    }
