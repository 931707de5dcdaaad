"""Reads the two copies of the record for the gate.

What always holds: a region holds up the other's copy for seconds at most (`OWN_SECONDS`,
`PEERS_SECONDS`), no later look, and not the end of the process, however it fails. A region
that takes calls and swallows them is just where the gate may be the only fence, and the peer's copy
the only one that names the new writer. boto3 bounds each connection and each read alone, so a
resolver or a trickling body could hold it longer; therefore each look is beside, and given up.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import partial
from time import monotonic
from typing import Any

from host.gate.verdict import UNREAD, Sighting
from host.machine.beside import beside
from host.machine.peer_region import PEERS_SECONDS
from host.site import Site
from host.writer.stored_record import stored_record

OWN_SECONDS = 3.0
"""With the pause between two looks (`host/verbs/admit.py`) and the peer's answer it makes 6 s."""
_HANGING = 5
"""So many looks at one region may hang; none is added until one of them has ended."""
_looks: dict[str, list[Future[Sighting]]] = {}
_log = logging.getLogger(__name__)
Look = Callable[[], Sighting]


def begin(site: Site) -> tuple[Look, Look]:
    """Begin to read this region's copy, and the other's; each function waits for its answer."""
    document = site.document
    limits = {document.region: OWN_SECONDS, document.peer.region: PEERS_SECONDS}
    aws, name = site.machine.aws, document.parameters.record
    # A client takes a while to be made, which is not the region's fault.
    clients = {region: aws.client("ssm", region, brief=True) for region in limits}
    own, peers = (_begun(clients[each], name, each, limits[each]) for each in limits)
    return own, peers


def _begun(client: Any, name: str, region: str, seconds: float) -> Look:
    until = monotonic() + seconds
    hanging = _looks[region] = [look for look in _looks.get(region, ()) if not look.done()]
    if len(hanging) >= _HANGING:
        _log.info("the record in %s cannot be read: %d looks at it hang", region, len(hanging))
        return lambda: UNREAD
    look = beside(partial(_look, client, name, region))
    hanging.append(look)
    return lambda: _in_time(look, until, region)


def _in_time(look: Future[Sighting], until: float, region: str) -> Sighting:
    if wait([look], timeout=max(0.0, until - monotonic())).done:
        return look.result()
    _log.info("the record in %s cannot be read: no answer in time", region)
    return UNREAD


def _look(client: Any, parameter: str, region: str) -> Sighting:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        record = stored_record(client, parameter, region)
    except client.exceptions.ParameterNotFound:
        return Sighting(answered=True)
    except (BotoCoreError, ClientError) as error:
        _log.info("the record in %s cannot be read: %s", region, error)
        return UNREAD
    return UNREAD if record is None else Sighting(answered=True, record=record)
