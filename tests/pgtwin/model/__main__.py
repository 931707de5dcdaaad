"""`make model`: the slice and the long searches, as a table and as build/model.json."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from drill.measured.document import Figure
from drill.measured.tables import METHODS
from tests.pgtwin.model.bounds import LONG, LONG_STATES, SLICE, Bounds
from tests.pgtwin.model.search import search

RESULT = Path("build/model.json")


FIGURE = "protocol-states"


def main(arguments: list[str]) -> int:
    """Search all bounds; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="tests.pgtwin.model", description=__doc__)
    parser.add_argument("--slice", action="store_true", help="what every test run searches, alone")
    parts = {"slice": SLICE}
    if not parser.parse_args(arguments).slice:
        parts["long"] = LONG
    found = {name: [_searched(bounds) for bounds in each] for name, each in parts.items()}
    document: dict[str, Any] = {
        name: {
            "states": sum(each["states"] for each in searches),
            "complete": all(each["complete"] for each in searches),
            "searches": searches,
        }
        for name, searches in found.items()
    }
    broken = any(each["problem"] for searches in found.values() for each in searches)
    states = document["slice"]["states"]
    figures = [] if broken else [Figure.of_today(FIGURE, states, by=METHODS[FIGURE])]
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    taken = {"figures": [each.model_dump(exclude_none=True) for each in figures]}
    RESULT.write_text(json.dumps({**document, **taken}, indent=2) + "\n")
    for name, part in document.items():
        sys.stdout.write(f"{name}: {part['states']:,} states in {len(found[name])} searches\n")
    return int(broken)


def _searched(bounds: Bounds) -> dict[str, Any]:
    began = time.monotonic()
    found = search(bounds.world, states=LONG_STATES)
    seconds = time.monotonic() - began
    extent = "complete" if found.complete else "not complete"
    said = found.problem or "no promise was broken"
    sys.stdout.write(f"{bounds}: {found.states:,} states, {extent}, {seconds:.0f} s: {said}\n")
    sys.stdout.flush()
    return {
        "bounds": str(bounds),
        "states": found.states,
        "complete": found.complete,
        "seconds": round(seconds, 1),
        "problem": found.problem,
        "way": list(found.way),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
