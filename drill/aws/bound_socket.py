"""A port that is held and not listened on."""

import socket
import time

_SECONDS = 60.0
"""A listening socket that was just closed keeps its port until nobody looks at it any more."""


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket bound to the address: connections are refused, and nobody else gets the port.

    Raises:
        OSError: when somebody still has it after a minute.
    """
    deadline = time.monotonic() + _SECONDS
    while True:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, port))
        except OSError:
            bound.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return bound
