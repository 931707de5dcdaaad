"""From a YAML file to a topology, or to every reason why not.

A file may break the model's types and the rules between fields at once, and rules can only be
judged on a complete model. So each field that breaks its type is replaced with a value that is
known to be good, the rules are judged on the repaired model, and the problems that touch a replaced
field are dropped: what remains was wrong in the file itself.
"""

from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from topology.given import given
from topology.refused import Problem, Refused
from topology.topology import Topology
from topology.yaml_file import read, refused

KNOWN_GOOD = Path(__file__).with_name("known_good.yaml")
"""A link to config/default.yaml; a wheel holds a copy."""
_WHAT = {
    "extra_forbidden": "unknown key; remove it or look for a spelling mistake",
    "missing": "required, but not there",
}


def load(path: Path) -> Topology:
    """Read and judge a configuration file.

    Raises:
        Refused: with every problem of the file, or the one reason why it could not be read.
    """
    return parse(read(path))


def parse(document: Any) -> Topology:
    """Judge a configuration that was already read.

    Raises:
        Refused: with every problem of the document.
    """
    if not isinstance(document, dict):
        raise refused("must be a YAML mapping with the keys of config/default.yaml")
    try:
        return Topology.model_validate(document)
    except ValidationError as error:
        wrong = _type_problems(error)
        fields = {field for problem in wrong for field in problem.fields}
        raise Refused(wrong + _rule_problems(document, fields)) from None


def _type_problems(error: ValidationError) -> tuple[Problem, ...]:
    return tuple(
        Problem(fields=(_field(details["loc"]),), allowed=_allowed(dict(details)))
        for details in error.errors()
    )


def _field(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "the file"


def _allowed(details: dict[str, Any]) -> str:
    what = _WHAT.get(details["type"])
    if what:
        return what
    message = str(details["msg"])[0].lower() + str(details["msg"])[1:]
    return f"{message}, not {given(details['input'])}"


def _rule_problems(document: dict[str, Any], wrong: set[str]) -> tuple[Problem, ...]:
    repaired = _repair(document, read(KNOWN_GOOD), wrong)
    try:
        Topology.model_validate(repaired)
    except Refused as refused:
        return tuple(problem for problem in refused.problems if not _touches(problem.fields, wrong))
    except ValidationError:
        return ()
    return ()


def _repair(document: dict[str, Any], good: dict[str, Any], wrong: set[str]) -> dict[str, Any]:
    repaired = deepcopy(document)
    for field in wrong:
        _replace(repaired, good, field.split("."))
    return repaired


def _replace(target: Any, good: Any, path: list[str]) -> None:
    key, rest = path[0], path[1:]
    if not isinstance(target, dict):
        return
    known = isinstance(good, dict) and key in good
    if rest and known and isinstance(target.get(key), dict):
        _replace(target[key], good[key], rest)
    elif known:
        target[key] = deepcopy(good[key])
    else:
        target.pop(key, None)


def _touches(fields: tuple[str, ...], wrong: set[str]) -> bool:
    return any(
        field == other or field.startswith(f"{other}.") or other.startswith(f"{field}.")
        for field in fields
        for other in wrong
    )
