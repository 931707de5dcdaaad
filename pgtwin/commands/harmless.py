"""Text that comes from a bucket, a machine or a log, before a terminal gets it: pure."""

import re

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What a terminal obeys instead of showing it: control characters but for a new line and a tab, and
what turns the direction of text. And bytes that are no UTF-8, which Python reads as surrogates and
writes to no terminal."""


def harmless(text: str) -> str:
    """The text, with everything that a terminal would obey shown by its number."""
    return _OBEYED.sub(lambda found: ascii(found[0])[1:-1], text)
