"""A text field that says in words what it allows."""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True)
class Pattern:
    """Annotates a `str`: it must match `regex` as a whole, which means `allowed` to a reader."""

    regex: str
    allowed: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check before pydantic does, so that a number too is answered with what is allowed."""
        return core_schema.no_info_before_validator_function(self._checked, handler(source))

    def _checked(self, value: object) -> object:
        if not isinstance(value, str) or not re.fullmatch(self.regex, value):
            raise PydanticCustomError("pattern", "{allowed}", {"allowed": self.allowed})
        return value
