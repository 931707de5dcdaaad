"""A good configuration to break, one field at a time."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from topology.load import parse
from topology.refused import Refused

CONFIG = Path(__file__).parents[2] / "config"
Break = Callable[..., list[str]]


@pytest.fixture
def good() -> dict[str, Any]:
    """The default configuration, as read from its file."""
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(CONFIG / "default.yaml")
    return document


@pytest.fixture
def problems(good: dict[str, Any]) -> Break:
    """Set fields by their dotted path, and get the lines that a user would read."""

    def break_(changes: dict[str, Any]) -> list[str]:
        document = deepcopy(good)
        for path, value in changes.items():
            target = document
            *parents, last = path.split(".")
            for key in parents:
                target = target.setdefault(key, {})
            target[last] = value
        try:
            parse(document)
        except Refused as refused:
            return [str(problem) for problem in refused.problems]
        return []

    return break_
