"""The properties of a template, which know which of them were read."""

from collections.abc import Iterator
from typing import Any


class ReadProperties(dict[str, Any]):
    """What nobody has read of them had no effect: the emulation does not know it."""

    def __init__(self, properties: dict[str, Any]) -> None:
        super().__init__(properties)
        self._read: set[str] = set()

    @property
    def unread(self) -> set[str]:
        """The names that were never asked for."""
        return {*self} - self._read

    def __getitem__(self, key: str) -> Any:
        self._read.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Also what is asked for and not there is known."""
        self._read.add(key)
        return super().get(key, default)

    def items(self) -> Any:
        """Whoever takes them all knows them all."""
        self._read.update(super().keys())
        return super().items()

    def __iter__(self) -> Iterator[str]:
        # With one of its own `**` asks for each value; CPython copies a plain dict unasked.
        return super().__iter__()
