"""nft of one machine: remembers which ports the loaded rules close, and whose connections to cut.

No packet is filtered here. What would be the machine's node port asks `closes` instead: the drill's
writer service.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from drill.sites.programs import Program, ProgramResult

_TABLE = re.compile(r"^table inet (\w+) \{$", re.MULTILINE)
_DELETED = re.compile(r"^delete table inet (\w+)$", re.MULTILINE)
_CLOSED = re.compile(r"tcp dport (\d+) reject with tcp reset")


class PacketFilter:
    """Rules live in the kernel: they are gone when the machine loses its power."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._ports: dict[str, frozenset[int]] = {}
        """Those that a table closes, by its name."""

    @property
    def programs(self) -> Mapping[str, Program]:
        """By name."""
        return {"nft": self.nft}

    def closes(self, port: int) -> bool:
        """Whether nobody reaches that port through this machine."""
        return any(port in closed for closed in self._ports.values())

    def forget(self) -> None:
        """The machine lost its power."""
        self._ports = {}

    def nft(self, arguments: Sequence[str]) -> ProgramResult:
        """`nft --version`, `nft -j list tables`, `nft -f FILE`."""
        match list(arguments):
            case ["--version"]:
                return ProgramResult(stdout="nftables v1.0.9 (emulated)\n")
            case ["-j", "list", "tables"]:
                tables = [{"table": {"family": "inet", "name": name}} for name in self._ports]
                return ProgramResult(stdout=json.dumps({"nftables": [{"metainfo": {}}, *tables]}))
            case ["-f", path]:
                return self._load(self._root / path.lstrip("/"))
        return ProgramResult(exit_code=1, stderr=f"not emulated: nft {arguments}\n")

    def _load(self, file: Path) -> ProgramResult:
        if not file.exists():
            return ProgramResult(exit_code=1, stderr="Error: Could not open file\n")
        text = file.read_text(encoding="utf-8")
        for name in _DELETED.findall(text):
            self._ports.pop(name, None)
        for name in _TABLE.findall(text):
            self._ports[name] = frozenset(map(int, _CLOSED.findall(text)))
        return ProgramResult()
