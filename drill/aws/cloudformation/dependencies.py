"""In which order the resources of a template can be made."""

import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Any


def in_order(resources: dict[str, Any]) -> list[str]:
    """The logical ids, each after everything that it refers to or depends on.

    Raises:
        graphlib.CycleError: when the template refers to itself in a circle.
    """
    graph = {
        name: {other for other in _references(definition) if other in resources and other != name}
        for name, definition in resources.items()
    }
    return list(TopologicalSorter(graph).static_order())


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key == "Ref":
            yield value
        elif key == "Fn::GetAtt":
            yield value[0] if isinstance(value, list) else value.split(".")[0]
        elif key == "DependsOn":
            yield from [value] if isinstance(value, str) else value
        elif key == "Fn::Sub":
            text = value if isinstance(value, str) else value[0]
            yield from re.findall(r"\$\{([A-Za-z0-9]+)", text)
            yield from _references(value)
        else:
            yield from _references(value)
