"""A call to the other region, which may be lost: it is given up as a whole.

boto3 bounds each connection and each read alone, so a body that trickles, or a resolver, would hold
up a promotion for minutes.
"""

from collections.abc import Callable
from typing import TypeVar

from host.machine.beside import beside

PEERS_SECONDS = 5.0
"""`BRIEF`'s connection and its first read (host/machine/boto_aws.py)."""
T = TypeVar("T")


class PeerIsSilent(Exception):  # noqa: N818 (what is seen)
    """The other region did not answer, or not as it should; the message says how."""


def ask_peer(call: Callable[[], T]) -> T:
    """What it answers; a call that is given up goes on beside, and nobody waits for it.

    Raises:
        PeerIsSilent: when that takes too long, or fails.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return beside(call).result(timeout=PEERS_SECONDS)
    except TimeoutError as error:
        raise PeerIsSilent("no whole answer in time") from error
    except (BotoCoreError, ClientError) as error:
        raise PeerIsSilent(str(error)) from error
