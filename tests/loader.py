"""What the loader takes."""

from typing import Any

from topology.load import KNOWN_GOOD, load, parse
from topology.refused import Refused


def loads(**database: Any) -> bool:
    """Whether the loader takes these fields of the database, the rest being known to be good."""
    document = load(KNOWN_GOOD).model_dump(mode="python")
    document["database"].update(database)
    try:
        parse(document)
    except Refused:
        return False
    return True
