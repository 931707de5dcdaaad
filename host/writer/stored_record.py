"""One region's copy of the record, as its Parameter Store has it.

What always holds: a put that lands late is the newest version, but not the newest record. The
version before it counts then, also where both are of one epoch, and where what was put cannot be
read, which is said at each look. `pgtwin` reads a copy in the same way
(`pgtwin/aws/site_parameters.py`): else it could call two records settled that contest each other
here, and nobody would be promoted, nor a machine that has started let clients in.
"""

import logging
from contextlib import suppress
from typing import Any

from host.writer.record import Record

_log = logging.getLogger(__name__)


def stored_record(ssm: Any, parameter: str, region: str) -> Record | None:
    """The copy; None where neither version is one.

    Raises:
        ParameterNotFound: where there is no copy.
    """
    found = ssm.get_parameter(Name=parameter)["Parameter"]
    newest = Record.readable(found["Value"], region)
    if found["Version"] == 1:
        return newest
    older = _version(ssm, f"{parameter}:{found['Version'] - 1}", region)
    if newest is None or older is None:
        return newest or older
    return older if older.epoch >= newest.epoch else newest


def _version(ssm: Any, name: str, region: str) -> Record | None:
    """An earlier version; None where Parameter Store does not give it. What keeps clients out of a
    former writer does not wait for it: the newest version counts then.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = ssm.get_parameter(Name=name)
    except (BotoCoreError, ClientError) as error:
        _log.info("%s in %s cannot be read: %s", name, region, error)
        return None
    with suppress(ValueError):  # what was put over is nobody's concern any more
        return Record.parse(found["Parameter"]["Value"])
    return None
