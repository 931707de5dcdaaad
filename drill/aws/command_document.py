"""A command's parameters against its SSM document, which moto does not compare.

The rules are those of AWS' "Data elements and parameters" for documents of schema 2.2: a parameter
without a default must be given, one that the document does not name is refused, and a value keeps
to `allowedPattern` and `allowedValues`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def refusals(content: Mapping[str, Any], given: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Why SendCommand would answer InvalidParameters; nothing where it takes the command."""
    known = content.get("parameters", {})
    yield from (f"{name} is not a parameter of the document" for name in given.keys() - known)
    for name, rule in known.items():
        if name not in given:
            if "default" not in rule:
                yield f"{name} has no default and must be given"
            continue
        for value in given[name]:
            if not re.search(rule.get("allowedPattern", ""), value):
                yield f"{name}: {value!r} does not match {rule['allowedPattern']}"
            if value not in rule.get("allowedValues", [value]):
                yield f"{name}: {value!r} is none of {rule['allowedValues']}"
