"""DNS messages as far as a name server of a few addresses needs them (RFC 1035): pure."""

import struct
from collections.abc import Callable
from ipaddress import IPv4Address

_HEADER = struct.Struct(">HHHHHH")
_ANSWER, _RECURSION, _NO_SUCH_NAME = 0x8480, 0x0100, 3
_A, _IN = 1, 1
_TTL_SECONDS = 60
"""Route 53's of an alias to a load balancer, which nobody can set (its developer guide)."""
_POINTER_TO_QUESTION = b"\xc0\x0c"


def answer(message: bytes, known: Callable[[str], IPv4Address | None]) -> bytes:
    """The answer to one question: the address, nothing for another type, or "no such name".

    Raises:
        ValueError: for what is no question.
    """
    name, end = question(message)
    kind, _ = struct.unpack_from(">HH", message, end - 4)
    address = known(name)
    code = 0 if address else _NO_SUCH_NAME
    found = address if kind == _A else None
    identity, flags = struct.unpack_from(">HH", message)
    header = _HEADER.pack(
        identity, _ANSWER | (flags & _RECURSION) | code, 1, 1 if found else 0, 0, 0
    )
    record = b""
    if found:
        record = _POINTER_TO_QUESTION + struct.pack(">HHIH", _A, _IN, _TTL_SECONDS, 4)
        record += found.packed
    return header + message[_HEADER.size : end] + record


def question(message: bytes) -> tuple[str, int]:
    """The name that is asked for, in lower case, and where the question ends.

    Raises:
        ValueError: for what is no question.
    """
    labels, at = [], _HEADER.size
    try:
        while length := message[at]:
            labels.append(message[at + 1 : at + 1 + length].decode("ascii"))
            at += 1 + length
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"no DNS question: {message[:40]!r}") from error
    end = at + 1 + 4
    if len(message) < end:
        raise ValueError(f"half a DNS question: {message[:40]!r}")
    return ".".join(labels).lower(), end
