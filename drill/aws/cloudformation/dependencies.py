"""In which order the resources of a template can be made."""

import re
from collections.abc import Callable, Iterator
from graphlib import TopologicalSorter
from typing import Any


def in_order(resources: dict[str, Any]) -> list[str]:
    """The logical ids, each after everything that it refers to or depends on.

    Raises:
        graphlib.CycleError: when the template refers to itself in a circle.
    """
    graph = {
        name: {other for other in needs(definition) if other in resources and other != name}
        for name, definition in resources.items()
    }
    return list(TopologicalSorter(graph).static_order())


def needs(definition: Any) -> set[str]:
    """The logical ids that a resource refers to or depends on, parameters among them."""
    return set(_references(definition))


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _NAMED_BY.get(key, _references)(value)


def _of_attribute(value: Any) -> Iterator[str]:
    yield value[0] if isinstance(value, list) else value.split(".")[0]


def _of_dependency(value: Any) -> Iterator[str]:
    yield from [value] if isinstance(value, str) else value


def _of_substitution(value: Any) -> Iterator[str]:
    text = value if isinstance(value, str) else value[0]
    yield from re.findall(r"\$\{([A-Za-z0-9]+)", text)
    yield from _references(value)


_NAMED_BY: dict[str, Callable[[Any], Iterator[str]]] = {
    "DependsOn": _of_dependency,
    "Fn::GetAtt": _of_attribute,
    "Fn::Sub": _of_substitution,
    "Ref": lambda value: iter([value]),
}
