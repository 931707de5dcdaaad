"""Reads the two copies of the record for the gate.

What always holds: this region holds up the peer's copy for `OWN_SECONDS` at most, however it fails.
A region that takes calls and swallows them is just where the gate may be the only fence, and the
peer's copy the only one that names the new writer. boto3 bounds each connection and each read
alone, so a resolver or a trickling body could hold it longer; therefore the own copy is read
beside, and given up.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from host.gate.verdict import UNREAD, Sighting
from host.site import Site
from host.writer.record import Record

OWN_SECONDS = 3.0
"""With the pause between two looks (`host/verbs/admit.py`) and the peer's answer it makes 6 s."""
_beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="own-record")
"""One worker: a look that is still out is not joined by others."""
_log = logging.getLogger(__name__)


def peers_copy(site: Site) -> Sighting:
    """What the other region says; it is given up after seconds (`BRIEF`)."""
    region = site.document.peer.region
    return _look(_client(site, region), site.document.parameters.record, region)


def own_copy(site: Site) -> Callable[[], Sighting]:
    """Begin to read this region's copy; the function waits for it, `OWN_SECONDS` at most."""
    region = site.document.region
    client = _client(site, region)
    look = _beside.submit(_look, client, site.document.parameters.record, region)
    return lambda: _in_time(look, region)


def _in_time(look: Future[Sighting], region: str) -> Sighting:
    try:
        return look.result(timeout=OWN_SECONDS)
    except TimeoutError:
        look.cancel()
        _log.info("the record in %s cannot be read: no answer within %.0f s", region, OWN_SECONDS)
        return UNREAD


def _client(site: Site, region: str) -> Any:
    return site.machine.aws.client("ssm", region, brief=True)


def _look(client: Any, parameter: str, region: str) -> Sighting:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = client.get_parameter(Name=parameter)
    except client.exceptions.ParameterNotFound:
        return Sighting(answered=True)
    except (BotoCoreError, ClientError) as error:
        _log.info("the record in %s cannot be read: %s", region, error)
        return UNREAD
    record = Record.readable(found["Parameter"]["Value"], region)
    return UNREAD if record is None else Sighting(answered=True, record=record)
