"""How a site streams from the other one's writer, where `replication` asks for it.

What always holds:

- The connection and the archive are on one external cluster: the operator's hybrid replica cluster.
  PostgreSQL asks the archive where the stream ends, and the stream where the archive does.
- Only the other site is streamed from. A site whose own name was its source would wait for WAL of
  its own that nobody writes, and would not look into the archive meanwhile.
- Both sites have it, so that a switchover stays a patch of `replica`.
- It goes by a name that no instance of a Cluster has: PostgreSQL finds its synchronous standbys by
  `application_name`, and the operator lists the instances `<cluster>-<number>`. A commit that waits
  for a second machine of its site must not be let go by the other region.
- There is no slot: the operator leaves `primary_slot_name` empty on a designated primary
  (cloudnative-pg v1.30.0 pkg/management/postgres/instance_replica.go). A follower that is away
  never fills the writer's WAL volume. What is older than the operator's wal_keep_size of 512 MB
  comes from the archive.
"""

from typing import Any

from topology.names import AUTHORITY_CERTIFICATES, REPLICATION_USER, STREAMING_CERTIFICATE
from topology.site import SiteName
from topology.topology import Topology

PORT = 5432
"""Of the load balancer in front of the writer."""
CONNECT_SECONDS = 5
UNACKNOWLEDGED_MILLISECONDS = 5000
"""Without a limit PostgreSQL stays in connect() for as long as SYNs are sent, up to two minutes,
and reads nothing from the archive meanwhile: 37 s were seen on real parts. With this one, and one
address, the stream was gone 5 s after the path, the archive was followed, and the stream was back
3.4 s after the path."""
LEAST_UNACKNOWLEDGED_MILLISECONDS = 2000
"""A path between two regions that takes 300 ms there and back may lose a packet twice in that."""


def unacknowledged_milliseconds(addresses: int) -> int:
    """How long each address of a host may be silent: libpq tries all of them, one after another."""
    return max(LEAST_UNACKNOWLEDGED_MILLISECONDS, UNACKNOWLEDGED_MILLISECONDS // addresses)


def stream_from(topology: Topology, site: SiteName) -> dict[str, Any]:
    """What an external cluster needs besides its archive, to be streamed from; `site` is its own.

    The server is held to its name and to the shared authority, the client to its certificate.
    """
    return {
        "connectionParameters": {
            "host": topology.names.site_host(site),
            "port": str(PORT),
            "user": REPLICATION_USER,
            "dbname": "postgres",
            "sslmode": "verify-full",
            "application_name": topology.names.standby(topology.other(site)),
            "connect_timeout": str(CONNECT_SECONDS),
            # A network load balancer has an address in each zone.
            "tcp_user_timeout": str(unacknowledged_milliseconds(len(topology.site(site).zones))),
            # For a path that goes while the two still introduce themselves to each other.
            "keepalives_idle": "5",
            "keepalives_interval": "2",
            "keepalives_count": "3",
        },
        "sslKey": {"name": STREAMING_CERTIFICATE, "key": "tls.key"},
        "sslCert": {"name": STREAMING_CERTIFICATE, "key": "tls.crt"},
        "sslRootCert": {"name": AUTHORITY_CERTIFICATES, "key": "ca.crt"},
    }
