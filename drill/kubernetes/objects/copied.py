"""Copies of objects.

An API server copies at every look; `copy.deepcopy`, which also finds loops and asks each value how
it is copied, takes seven times as long over JSON, which has neither.
"""

from typing import Any, TypeVar

T = TypeVar("T")


def copied(value: T) -> T:
    """A copy that shares nothing which can change."""
    copy: T = _copied(value)
    return copy


def _copied(value: Any) -> Any:
    if type(value) is dict:
        return {key: _copied(each) for key, each in value.items()}
    if type(value) is list:
        return [_copied(each) for each in value]
    return value
