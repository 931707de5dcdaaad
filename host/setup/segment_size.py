"""How large a TCP segment may be that this machine passes on, in either direction.

The machines' interfaces take 9001 bytes and pods announce as much, but a peering between regions
and a transit gateway drop a packet above 8500 (EC2 user guide, "Network maximum transmission
unit"). That a sender is told so cannot be counted on: a load balancer, two security groups and the
pod network are in between. Then small packets pass and the first large one stalls the connection
forever. So what both ends agree on is lowered on its way; the kernel lowers it only, and never
raises it (Linux, net/netfilter/nft_exthdr.c). It holds for every pod, and for clients in the other
VPC. A connection that began before the rule, after a start of the machine, ends by its own timeout.
"""

from host.machine.command import command
from host.machine.machine import Machine

PATH = "/etc/pgtwin/segments.nft"
_TABLE = "pgtwin_segments"
LARGEST_PACKET_BYTES = 8500
_HEADER_BYTES = 40
"""Of IPv4 and TCP, without options: those count as a part of the segment."""
RULES = f"""\
table inet {_TABLE}
delete table inet {_TABLE}

table inet {_TABLE} {{
  chain passing {{
    type filter hook forward priority -150;
    tcp flags & (syn | rst) == syn tcp option maxseg size set {LARGEST_PACKET_BYTES - _HEADER_BYTES}
  }}
}}
"""


def limit_segments(machine: Machine) -> None:
    """Load the rule; a repeat replaces it."""
    machine.files.write(PATH, RULES.encode())
    command(machine.shell, "nft", "-f", PATH)
