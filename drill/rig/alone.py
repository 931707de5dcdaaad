"""One command at a time makes a rig of a name on this computer, from whichever checkout.

A drill begins by removing what a killed one left, and a command that is interrupted removes what it
made: both by the rig's name, so a second one would take the first one's rig for its own. The name
is held as an address of the kernel, which is free again when the process ends, however it ends, and
leaves no file.
"""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from drill.rig.name import RigName


class RigIsTaken(Exception):  # noqa: N818 (what is the matter)
    """Another command makes or plays on a rig of this name now."""


@contextmanager
def alone(name: RigName) -> Iterator[None]:
    """Hold the name of a rig; entered from this computer's own network, never from a rig's.

    Raises:
        RigIsTaken: while another process holds it.
    """
    with socket.socket(socket.AF_UNIX) as held:
        try:
            held.bind(f"\0{name.cgroup}")
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise RigIsTaken(
                f"another command is busy with the rig {name.run} of this computer; nothing was "
                "changed - wait until it has ended"
            ) from None
        yield
