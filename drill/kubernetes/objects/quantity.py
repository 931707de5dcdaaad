"""Sizes as Kubernetes writes them."""

import re
from decimal import Decimal

_QUANTITY = re.compile(
    r"(?P<number>[+-]?[0-9]*\.?[0-9]+)(?:(?P<unit>m|k|[KMGTPE]i?)|(?P<power>[eE][+-]?[0-9]+))?"
)
_UNITS = "kMGTPE"


def is_quantity(text: str) -> bool:
    """Whether it is one."""
    return _QUANTITY.fullmatch(text) is not None


def quantity(text: str) -> Decimal:
    """What a size such as `2Gi` stands for.

    Raises:
        ValueError: it is no size.
    """
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise ValueError(text)
    number, unit = Decimal(found["number"] + (found["power"] or "")), found["unit"]
    if not unit:
        return number
    if unit == "m":
        return number / 1000
    base = 1024 if unit.endswith("i") else 1000
    return number * Decimal(base) ** (_UNITS.index(unit[0].replace("K", "k")) + 1)
