"""What a person gave, as a refusal shows it: whole where it is short, with its ends where not."""

from reprlib import Repr
from typing import Any

_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 80
_SHORT.maxlong = 40
_SHORT.maxlevel = 1


def given(value: Any) -> str:
    """At most a line, whatever the value is: what is allowed has to stay in sight."""
    return _SHORT.repr(value)
