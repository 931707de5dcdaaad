"""How long a site may take, step by step: the one table, also for what CloudFormation waits.

What always holds: who waits outside waits longer than everything inside together. A deployment
ends because the site is ready or because a machine said why it is not, never because the wait
outside was the shorter one.
"""

PASSING_FAULT_SECONDS = 900.0
"""A fault is left to pass by itself for so long: a mirror of packages, GitHub, a throttled API, a
role that IAM has not spread yet. What cannot pass fails a deployment at once."""
LAST_TRY_SECONDS = 3 * 3600.0
"""No first boot is tried again later than this after the first try began: the last one has to end
before the wait condition does."""

JOIN_SECONDS = 600.0
"""k3s' download, its start, and the machine's own Node Ready; then as long for all other machines.
Two minutes is usual; the rest is room for slow downloads."""

_CHARTS = 3
CHART_SECONDS = 900.0
"""One operator's chart fetched and its images pulled over a slow line, a failed try before it."""
OPERATORS_SECONDS = 900.0
"""The operators' kinds, and then their Deployments."""
OBJECTS_SECONDS = 600.0
"""How long an operator's webhook may be away."""
FIRST_BASE_BACKUP_SECONDS = 2 * 3600.0
"""A new replica waits for the writer's: its site may be deployed at the same time."""
APPLY_SECONDS = (
    _CHARTS * CHART_SECONDS + 2 * OPERATORS_SECONDS + OBJECTS_SECONDS + FIRST_BASE_BACKUP_SECONDS
)
"""`apply`, and whoever waits for one that is under way."""

COPY_SECONDS = 4 * 3600
"""One copy of the whole database: a full data volume at a few tens of MiB a second."""
GONE_SECONDS = 600.0
"""A Cluster or its claims to go."""
FOLLOW_SECONDS = 2 * APPLY_SECONDS + 2 * GONE_SECONDS + COPY_SECONDS
"""A clone of the other site: its turn, the old cluster gone, `apply`, the copy."""
VERIFY_SECONDS = 3 * COPY_SECONDS + GONE_SECONDS + 3600.0
"""A base backup restored, checked and compared with a dump that is restored beside it."""

MACHINES_SECONDS = 600.0
CLIENTS_SECONDS = 120.0
"""Every machine looks at both regions' records every two seconds."""
WRITE_SECONDS = 300.0
BASE_BACKUP_SECONDS = 1800.0
"""`immediate` starts it with the cluster; it copies a database that was just made."""
FOLLOWS_SECONDS = 1800.0
READY_SECONDS = (
    MACHINES_SECONDS
    + OPERATORS_SECONDS
    + COPY_SECONDS
    + max(CLIENTS_SECONDS + WRITE_SECONDS + BASE_BACKUP_SECONDS, FOLLOWS_SECONDS)
)
"""`ready`; a DR site that is recreated restores the whole database meanwhile."""

FIRST_BOOT_SECONDS = LAST_TRY_SECONDS + 2 * JOIN_SECONDS + APPLY_SECONDS + READY_SECONDS
"""The wait condition; its type allows 43,200 (CloudFormation's reference)."""
LATER_CHANGE_SECONDS = 2 * APPLY_SECONDS
"""The association on one server: `apply` waits its turn first. Servers go one after the other."""
VERB_SECONDS = max(FOLLOW_SECONDS, VERIFY_SECONDS) + 600.0
"""The SSM document: longer than any verb."""
