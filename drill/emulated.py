"""What stands in for the real thing on the embedded ground, and how far; the report prints it."""

from drill.aws.emulation import EMULATED_AWS, RUN_COMMAND
from drill.ground import REFUSED_SECONDS
from drill.operator.backup_controller import RETENTION_SECONDS
from drill.operator.delays import DELAYS
from drill.operator.recovery_job import TRIES

EMULATED = (
    *EMULATED_AWS,
    RUN_COMMAND,
    "Machines: folders on this computer; systemd, disks and k3s are answered by the drill, the "
    "user-data and the host program are the real ones.",
    "Kubernetes: an API in memory with the real admission rules of CloudNativePG that two sites "
    "can break; no containers, no network policies.",
    "CloudNativePG 1.30 and plugin-barman-cloud v0.14: their work is done by the drill on real "
    "PostgreSQL processes with real barman-cloud commands. Its phases, fields and their order are "
    "held to recordings of the real operator. Left out: replication slots, prefetch of WAL, one "
    "archive command for several segments, hibernation, schedules (`immediate` "
    "is honoured, later backups are asked for), the lease of the primary, the conditions "
    "ConsistentSystemID and LastBackupSucceeded, and a new designated primary of a replica "
    "cluster. A lost primary is cloned again where the real one is rewound, and the service leads "
    "to its successor at once (really after 6 s).",
    f"What the operator and the kubelet take is shortened: {DELAYS}.",
    f"A failed recovery is tried {TRIES} times in a row, not seven times over ten minutes; "
    f"retention runs every {RETENTION_SECONDS} s and when a scenario asks for it.",
    f"The archive refuses writes for {REFUSED_SECONDS:g} s, not for ten minutes.",
    "PostgreSQL here has no TLS and no zstd: the writer's port speaks TLS in its place, with the "
    "site's own certificates; clients verify its name with one bundle for both sites. Dumps are "
    "compressed with gzip.",
    "The stream between the regions: PostgreSQL's own, over a relay that speaks TLS for the "
    "follower and holds each chunk back for half of the distance. It leads where the embedded "
    "Route 53, peering and routes lead; security groups and network policies are not asked.",
    "barman-cloud's WAL commands, the host program and pgtwin are forked from a Python that has "
    "imported what they need: five machines share two cores here. Each saves about half a second, "
    "except in the throughput, where they start as they would on a machine.",
    "The load balancer and DNS: applications look the alias up in the embedded Route 53 and go to "
    "the loopback port of that site.",
    "The person who decides: a failover is decided in the moment in which the loss is noticed.",
)
