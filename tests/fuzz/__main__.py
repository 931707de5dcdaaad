"""`make fuzz`: each parser for ten seconds; build/fuzz.json says what it broke on.

It is resumable: a parser whose time was used up is not tried again until all were; every new round
draws other texts. Exit codes: 0 nothing broke, 1 something did.
"""

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

from tests.fuzz import parsers_of_buckets, parsers_of_machines
from tests.fuzz.parser import Parser

PARSERS = (*parsers_of_buckets.PARSERS, *parsers_of_machines.PARSERS)
RESULT = Path("build/fuzz.json")
SECONDS = 10.0
EXAMPLES = 200


def main() -> int:
    """Try all that are left of this round; 1 where one broke."""
    logging.disable(logging.CRITICAL)  # what is said of strange text is not for this terminal
    found = _begun()
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    for number, parser in enumerate(PARSERS, 1):
        if parser.name in found["parsers"]:
            continue
        result = _tried(parser, found["round"])
        found["parsers"][parser.name] = result
        RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        said = result["problem"] or "held"
        sys.stderr.write(
            f"{number:>2} of {len(PARSERS)}  {parser.name:<30}{result['texts']:>7} texts  {said}\n"
        )
    return int(any(each["problem"] for each in found["parsers"].values()))


def _begun() -> dict[str, Any]:
    """The round that was interrupted, or the next one."""
    try:
        found: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8"))
        whole = {each.name for each in PARSERS} <= found["parsers"].keys()
        number = int(found["round"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {"round": 0, "parsers": {}}
    return {"round": number + 1, "parsers": {}} if whole else found


def _tried(parser: Parser, number: int) -> dict[str, Any]:
    began, texts, problem = time.monotonic(), 0, None
    while problem is None and time.monotonic() < began + SECONDS:
        problem = parser.problem(number=number * 1_000_000 + texts, examples=EXAMPLES)
        texts += EXAMPLES
    return {
        "texts": texts,
        "seconds": round(time.monotonic() - began, 1),
        "problem": problem,
    }


if __name__ == "__main__":
    sys.exit(main())
