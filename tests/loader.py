"""What the loader takes."""

from collections.abc import Mapping
from typing import Any

from topology.load import KNOWN_GOOD, load, parse
from topology.refused import Refused


def loads(**database: Any) -> bool:
    """Whether the loader takes these fields of the database, the rest being known to be good."""
    return loads_with({f"database.{field}": value for field, value in database.items()})


def loads_with(changes: Mapping[str, Any]) -> bool:
    """The same of any fields of a section, by their dotted paths."""
    document = load(KNOWN_GOOD).model_dump(mode="python")
    for path, value in changes.items():
        section, field = path.split(".")
        document[section][field] = value
    try:
        parse(document)
    except Refused:
        return False
    return True
