"""How every part of the topology behaves: immutable, strict, closed to unknown keys, and clear
about what a text may be.
"""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Frozen(BaseModel):
    """A value that cannot change and accepts only the keys it declares."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


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
        if not isinstance(value, str) or not re.fullmatch(self.regex, value, re.ASCII):
            raise PydanticCustomError("pattern", "{allowed}", {"allowed": self.allowed})
        return value
