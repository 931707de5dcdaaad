"""Text that was almost right, and text that never was."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

PIECES = (
    "",
    "\x00",
    "\n",
    "\t",
    "..",
    "/",
    "//",
    "%s",
    "$(id)",
    "'",
    '"',
    "=",
    "²",
    "\u202e",
    "\x1b[31m",
    "-1",
    "1e999",
    "NaN",
    "Infinity",
    "null",
    "[]",
    "{}",
    "9" * 5000,
    "[" * 5000,
    '{"a":' * 2000,
    r'"\ud800"',
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def strange_texts(seeds: Sequence[str]) -> st.SearchStrategy[str]:
    """Any text, any JSON, and each seed with something replaced."""
    texts = st.text(max_size=60) | st.sampled_from(PIECES) | VALUES.map(json.dumps)
    if not seeds:
        return texts
    return texts | st.sampled_from(seeds).flatmap(_changed)


def _changed(seed: str) -> st.SearchStrategy[str]:
    at = st.integers(0, len(seed))
    piece = st.sampled_from(PIECES) | st.text(max_size=5)
    spliced = st.builds(
        lambda start, gone, new: seed[:start] + new + seed[start + gone :],
        at,
        st.integers(0, 12),
        piece,
    )
    try:
        document = json.loads(seed)
    except ValueError:
        return spliced
    if not isinstance(document, dict) or not document:
        return spliced
    return spliced | st.builds(
        lambda key, value: json.dumps({**document, key: value}),
        st.sampled_from(sorted(document)),
        VALUES,
    )


def as_json(text: str) -> Any:
    """The text as the JSON that an API would answer with; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
