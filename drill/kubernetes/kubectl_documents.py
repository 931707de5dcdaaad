"""The objects that kubectl is given, as JSON or as a stream of YAML documents."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def documents(filename: str) -> Iterator[dict[str, Any]]:
    """Every object of a file, of standard input where it is called `-`, and of Lists in it."""
    text = sys.stdin.read() if filename == "-" else Path(filename).read_text(encoding="utf-8")
    for value in _parsed(text):
        if value and value.get("kind") == "List":
            yield from value["items"]
        elif value:
            yield value


def _parsed(text: str) -> Iterator[dict[str, Any]]:
    try:
        yield json.loads(text)
    except ValueError:
        import yaml

        yield from yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
