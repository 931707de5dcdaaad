"""`make model`: the slice and the long searches, as a table and as build/model.json."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from tests.pgtwin.model.bounds import LONG, LONG_STATES, SLICE, Bounds
from tests.pgtwin.model.search import search

RESULT = Path("build/model.json")


def main() -> int:
    """Search all bounds; 1 where a promise was broken."""
    parts = {"slice": SLICE, "long": LONG}
    found = {name: [_searched(bounds) for bounds in each] for name, each in parts.items()}
    document = {
        name: {
            "states": sum(each["states"] for each in searches),
            "complete": all(each["complete"] for each in searches),
            "searches": searches,
        }
        for name, searches in found.items()
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(document, indent=2) + "\n")
    for name, part in document.items():
        sys.stdout.write(f"{name}: {part['states']:,} states in {len(found[name])} searches\n")
    return int(any(each["problem"] for searches in found.values() for each in searches))


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
    sys.exit(main())
