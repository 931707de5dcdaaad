"""The superuser's SQL calls a function with the types that it takes."""

import re
from pathlib import Path

import host

_GIVEN = re.compile(r"quote_ident\(([^()]*(?:\([^()]*\))?[^()]*)\)")


def test_names_are_quoted_as_text_since_a_function_for_names_may_be_somebody_elses() -> None:
    sources = Path(host.__file__).parent.rglob("*.py")
    given = [each for file in sources for each in _GIVEN.findall(file.read_text(encoding="utf-8"))]

    assert given
    assert [each for each in given if not each.rstrip(")").endswith("::text")] == []
