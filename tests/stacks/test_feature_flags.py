"""cdk.json: a flag of the CDK is there only for what the stacks use.

What a flag does to the templates is in docs/golden/, and that they can do without any in test_app.
"""

import json
import re

from tests.stacks.synthesised import ROOT, cdk_context

_OF_THE_CDK_ITSELF = "core"
_MODULE = re.compile(r"@aws-cdk/(?:aws-)?([\w-]+):")
"""Of a flag: the library that reads it."""
_IMPORTED = re.compile(r"\baws_cdk(?: import |\.)aws_(\w+)")


def _bare(name: str) -> str:
    return re.sub(r"[_-]", "", name).lower()


def _used() -> set[str]:
    imported = {
        _bare(name)
        for path in (ROOT / "stacks").glob("*.py")
        for name in _IMPORTED.findall(path.read_text(encoding="utf-8"))
    }
    return imported | {_OF_THE_CDK_ITSELF}


def test_every_flag_is_of_a_library_that_the_stacks_import() -> None:
    flags = [name for name in cdk_context() if name.startswith("@")]
    of = {name: found[1] if (found := _MODULE.match(name)) else "" for name in flags}

    assert flags
    assert not {name for name, library in of.items() if _bare(library) not in _used()}


def test_the_flags_are_sorted_so_that_one_of_a_new_cdk_is_seen() -> None:
    names = list(json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"])

    assert names == sorted(names)
