"""Copies of objects.

An API server copies at every look; `copy.deepcopy`, which also finds loops and asks each value how
it is copied, takes seven times as long over JSON, which has neither.
"""

from typing import Any, TypeVar

T = TypeVar("T")


def copied(value: T) -> T:
    """A copy that shares nothing which can change."""
    copy: Any = value
    if type(value) is dict:
        copy = {key: copied(each) for key, each in value.items()}
    elif type(value) is list:
        copy = [copied(each) for each in value]
    return copy  # type: ignore[no-any-return]
