"""The server names under which a site archived before it was cloned again: pure.

`pgtwin failback` counts them up, as `name`, `name-g2`, `name-g3` (pgtwin/record.py); what an older
one holds is never written again, and restores to a moment before a loss read it.
"""

import re

_GENERATION = re.compile(r"(?P<name>.+)-g(?P<number>[0-9]{1,4})", re.ASCII)


def and_earlier(server_name: str) -> tuple[str, ...]:
    """A server name and those before it, newest first."""
    found = _GENERATION.fullmatch(server_name)
    if found is None:
        return (server_name,)
    numbers = range(int(found["number"]), 1, -1)
    return (*(f"{found['name']}-g{number}" for number in numbers), found["name"])
