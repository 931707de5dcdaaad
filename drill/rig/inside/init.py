"""Process 1 of a machine: starts the stand-in for systemd and reaps what is orphaned.

A program of its own, because a process that waits for any child takes the exit codes of those that
a library waits for.
"""

import os
import sys


def main(argv: list[str]) -> int:
    """Run `argv` as a child until it ends; the machine ends with it."""
    service_manager = os.posix_spawn(argv[0], argv, os.environ)
    while True:
        pid, status = os.wait()
        if pid == service_manager:
            return os.waitstatus_to_exitcode(status) & 0xFF


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
