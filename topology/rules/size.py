"""A size as PostgreSQL and CloudNativePG both read it."""

import re

_SIZE = re.compile(r"(\d{1,9}) ?(kB|MB|GB|TB)", re.ASCII)
_MIB = {"kB": 1 / 1024, "MB": 1, "GB": 1024, "TB": 1024**2}


def mib(text: str) -> float | None:
    """A size in MiB; None where it has no unit or is none.

    A bare number is 8 KiB pages of shared_buffers to PostgreSQL, and MiB to CloudNativePG
    (v1.30.0 internal/webhook/v1/cluster_webhook.go, parsePostgresQuantityValue).
    """
    found = _SIZE.fullmatch(text)
    return int(found[1]) * _MIB[found[2]] if found else None
