"""What the loader takes."""

from typing import Any

from topology.load import KNOWN_GOOD, load, parse
from topology.refused import Refused
from topology.site import SITES


def loads(*, instance_type: str | None = None, **database: Any) -> bool:
    """Whether the loader takes these fields of the database, the rest being known to be good."""
    document = load(KNOWN_GOOD).model_dump(mode="python")
    for site in SITES:
        document[site]["instance_type"] = instance_type or document[site]["instance_type"]
    document["database"].update(database)
    try:
        parse(document)
    except Refused:
        return False
    return True
