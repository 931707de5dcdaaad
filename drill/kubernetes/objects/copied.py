"""Copies of objects.

An API server copies at every look; `copy.deepcopy`, which also finds loops and asks each value how
it is copied, takes seven times as long over JSON, which has neither.
"""

from typing import Any


def copied(value: Any) -> Any:
    """A copy that shares nothing which can change."""
    if type(value) is dict:
        return {key: copied(each) for key, each in value.items()}
    if type(value) is list:
        return [copied(each) for each in value]
    return value
