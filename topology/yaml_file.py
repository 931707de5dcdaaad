"""Reads a configuration file: YAML whose every mistake has a line, and no traceback."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from topology.refused import Problem, Refused

_BITS = 64
"""Of the largest whole number that is read. Python refuses to print one of thousands of digits."""


class _Constructor(SafeConstructor):
    """Tells where a value is not what its form or its tag says, such as the date 2026-13-45."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep)
        except (ValueError, LookupError, ArithmeticError, AttributeError, TypeError):
            value = None
            fits = False
        else:
            fits = not isinstance(value, int) or value.bit_length() <= _BITS
        if not fits:
            kind = node.tag.rpartition(":")[2]
            raise ConstructorError(
                None, None, f"this is no {kind} that can be read", node.start_mark
            )
        return value


def read(path: Path) -> Any:
    """What the file says.

    Raises:
        Refused: with the one reason why it cannot be read.
    """
    try:
        return from_text(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise refused(
            "not found; name it with --config (the repository has three in config/)",
        ) from None
    except OSError as error:
        raise refused(f"cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise refused(f"must be text in UTF-8, and is not from byte {error.start}") from None


def from_text(text: str) -> Any:
    """YAML 1.2, in which 02:00 is a text and a repeated key is an error.

    Raises:
        Refused: with the one reason why it is none.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    try:
        return yaml.load(text)
    except RecursionError:
        raise refused("must be valid YAML, nested less deeply") from None
    except YAMLError as error:
        raise refused(f"must be valid YAML{_where(error)}") from None


def refused(allowed: str) -> Refused:
    """The refusal of the file as a whole."""
    return Refused((Problem(fields=("the file",), allowed=allowed),))


def _where(error: YAMLError) -> str:
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return ""
    what = (error.problem or "cannot be read").splitlines()[0]
    return f" (line {error.problem_mark.line + 1}: {what})"
