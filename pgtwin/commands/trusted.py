"""The certificates that clients of the writer trust, as a file.

What always holds: it is what the two regions published, both copies together, so that it holds for
whichever site answers, also while one of them knows of the next authority and the other not yet.
Where neither region answers the file of the last time is as good: authorities are trusted long
before they sign.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pgtwin.errors import SiteUnreachable

if TYPE_CHECKING:
    from pgtwin.commands.desk import Desk

_END = "-----END CERTIFICATE-----\n"


def trusted(desk: "Desk") -> Path:
    """Fetch them, and say where they are.

    Raises:
        SiteUnreachable: where no region has told them, now or before.
    """
    from pgtwin.aws.at_once import at_once
    from pgtwin.aws.parameter import Parameter
    from pgtwin.deadlines import CALL_SECONDS
    from topology.site import SITES

    name = desk.topology.names.authority_parameter()
    found = at_once(
        {site: Parameter(desk.clients[site], name).read for site in SITES}, CALL_SECONDS
    )
    copies = [each.text for each in found.values() if each and not isinstance(each, Exception)]
    file = trusted_file(desk)
    if copies:
        _write(file, together(copies))
    elif not file.exists():
        problems = [str(each) for each in found.values() if isinstance(each, Exception)]
        why = "; ".join(problems) or "no site has published them yet"
        raise SiteUnreachable(f"the certificates to trust are not known: {why}; {name} holds them")
    return file


def trusted_file(desk: "Desk") -> Path:
    """Where they are kept on this machine."""
    from pgtwin.commands.file_journal import state_folder

    return state_folder() / f"{desk.topology.name}-authority.crt"


def together(copies: list[str]) -> str:
    """Every certificate of several bundles, each once."""
    blocks = [block + _END for copy in copies for block in copy.split(_END) if block.strip()]
    return "".join(dict.fromkeys(blocks))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".new")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, file)
