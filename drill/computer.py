"""The computer on which a drill runs, as one line for the report."""

import os
import platform

_GIB = 2**30


def computer() -> str:
    """Cores, memory and system."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    return f"{os.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.system()} {platform.machine()}"
