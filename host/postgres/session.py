"""How every session of ours begins, whatever the database, the role or an event trigger sets.

`session.conf` says what is set and why; it is one file for this program, for the scripts in the
pods and for `pgtwin`.
"""

import configparser
import functools
import re
from collections.abc import Collection
from importlib import resources

_NOT_TAKEN = re.compile(
    r'FATAL:  (?:unrecognized configuration parameter|permission denied to set parameter) "(\w+)"'
)


def options(
    *,
    superuser: bool = True,
    read_only: bool = False,
    without: Collection[str] = (),
    as_bytes: bool = False,
) -> str:
    """The startup packet's `options`, in the form of PGOPTIONS; a superuser may set more.

    `as_bytes`: nothing is converted. A database in SQL_ASCII may hold names that are no UTF-8, and
    the server's roles are named in any encoding.
    """
    changed = {"default_transaction_read_only": "on"} if read_only else {}
    changed |= {"client_encoding": "SQL_ASCII"} if as_bytes else {}
    settings = {**_settings(superuser=superuser), **changed}
    return " ".join(
        f"-c {name}={value.replace(' ', chr(92) + ' ')}"
        for name, value in settings.items()
        if name not in without
    )


def granted() -> Collection[str]:
    """What a superuser alone may set, and grants to the user that dumps."""
    return _parser()["granted"]


def not_taken(stderr: str) -> str | None:
    """The parameter for which a server refused the session; None where it was something else."""
    found = _NOT_TAKEN.search(stderr)
    return found[1] if found else None


def has_bytes(stderr: str) -> bool:
    """Whether a server would not give a name since it is in another encoding."""
    return "invalid byte sequence for encoding " in stderr


@functools.cache
def _settings(*, superuser: bool) -> dict[str, str]:
    parser = _parser()
    sections = parser.sections() if superuser else ["every"]
    return {name: value for section in sections for name, value in parser[section].items()}


@functools.cache
def _parser() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(resources.files(__package__).joinpath("session.conf").read_text("utf-8"))
    return parser
