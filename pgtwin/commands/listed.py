"""What both buckets hold, where one of them may not answer."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pgtwin.commands.explain import explain
from pgtwin.errors import nobody_answered

_Name = TypeVar("_Name", bound=str)


def listed(found: Mapping[_Name, Sequence[Any] | Exception]) -> dict[_Name, list[Any] | str]:
    """Each bucket's list; for one that did not answer, why.

    Raises:
        SiteRefused, SiteUnreachable: where neither did: then nothing was listed, and an empty list
            would look like one.
    """
    errors = [each for each in found.values() if isinstance(each, Exception)]
    for error in errors:
        if explain(error) is None and not isinstance(error, TimeoutError):
            raise error
    if len(errors) == len(found):
        raise nobody_answered(errors, f"neither bucket was listed: {errors[0]}")
    return {
        name: str(each) if isinstance(each, Exception) else list(each)
        for name, each in found.items()
    }
