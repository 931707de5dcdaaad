"""The server names under which a site archived before it was cloned again: pure.

`pgtwin failback` counts them up, as `name`, `name-g2`, `name-g3` (pgtwin/record.py); what an older
one holds is never written again, and restores to a moment before a loss read it. A name that ends
like none of these, such as `name-g1`, was given by a person and is the first of its own.
"""

import re

_GENERATION = re.compile(r"(?P<name>.+)-g(?P<number>[2-9]|[1-9][0-9]{1,3})", re.ASCII)


def is_later(server_name: str) -> bool:
    """Whether the site has archived under another name before."""
    return _GENERATION.fullmatch(server_name) is not None


def and_earlier(server_name: str) -> tuple[str, ...]:
    """A server name and those before it, newest first."""
    found = _GENERATION.fullmatch(server_name)
    if found is None:
        return (server_name,)
    numbers = range(int(found["number"]), 1, -1)
    return (*(f"{found['name']}-g{number}" for number in numbers), found["name"])
