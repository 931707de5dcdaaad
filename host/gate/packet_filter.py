"""The gate itself: nftables rules on the port where clients reach the writer through this machine.

kube-proxy leads a node port's connections on in the hook `prerouting`, priority dstnat (-100). The
gate stands before it, at priority raw (-300), and after the way back, at 300. While it is closed no
byte of a client gets in and no byte of an answer gets out, also on connections that were open
before: no commit is acknowledged any more. Clients and the load balancer's health check are told at
once, by a reset. Replication, the operator and the dump reach PostgreSQL by the pod network, which
this does not touch. netfilter's priorities: linux/netfilter_ipv4.h; `reject` in `prerouting`: Linux
5.9.
"""

import json
from typing import Any

from host.machine.command import command
from host.machine.machine import Files, Shell

TABLE = "pgtwin"
CLOSED = "/etc/pgtwin/gate-closed.nft"
OPEN = "/etc/pgtwin/gate-open.nft"
_EMPTY = f"table inet {TABLE}\ndelete table inet {TABLE}\n"
"""Without the first line the second fails where there is no such table."""


def rules(port: int) -> dict[str, str]:
    """The files that close and open the gate of `port`, each in one transaction of nftables."""
    closed = f"""\
{_EMPTY}
table inet {TABLE} {{
  chain arriving {{
    type filter hook prerouting priority -300;
    tcp dport {port} reject with tcp reset
  }}
  chain local {{
    type filter hook output priority -300;
    tcp dport {port} reject with tcp reset
  }}
  chain leaving {{
    type filter hook postrouting priority 300;
    tcp sport {port} tcp flags & rst != rst drop
  }}
}}
"""
    return {CLOSED: closed, OPEN: _EMPTY}


class PacketFilter:
    """nftables of this machine."""

    def __init__(self, shell: Shell, files: Files, port: int) -> None:
        self._shell = shell
        self._files = files
        self._port = port

    def is_open(self) -> bool:
        """Whether clients get through.

        Raises:
            Failed: when nftables does not say.
        """
        listing: dict[str, Any] = json.loads(command(self._shell, "nft", "-j", "list", "tables"))
        tables = [each["table"]["name"] for each in listing["nftables"] if "table" in each]
        return TABLE not in tables

    def open(self) -> None:
        """Let clients in."""
        self._load(OPEN)

    def close(self) -> None:
        """Keep clients out, and cut those that are in."""
        self._load(CLOSED)

    def _load(self, path: str) -> None:
        self._files.write(path, rules(self._port)[path].encode())
        command(self._shell, "nft", "-f", path)
