"""The operator's phases and their reasons, word for word.

Phases: cloudnative-pg v1.30.0 api/v1/cluster_types.go:699-766. Reasons: the recordings in
`tests/contract/recordings/`.
"""

HEALTHY = "Cluster in healthy state"
UNRECOVERABLE = "Cluster is unrecoverable and needs manual intervention"
SETTING_UP = "Setting up primary"
CREATING = "Creating a new replica"
WAITING = "Waiting for the instances to become active"
APPLYING = "Applying configuration"
UPGRADING = "Upgrading cluster"
RESTARTING = "Primary instance is being restarted in-place"
PROMOTING = "Promoting to primary cluster"
FAILING_OVER = "Failing over"

CHANGED = "PostgreSQL configuration changed"
IN_PROGRESS = "Replica cluster promotion in progress"
NOT_ACTIVE = "Some instances are not yet active. Please wait."
NEEDS_RESTART = "Postgres needs a restart to apply some configuration changes"
RESTARTED = "Primary instance restarted in-place"
TOKEN_REFUSED = "Promotion token content is not correct for current instance"  # noqa: S105
PENDING = "pending"
"""`targetPrimary` between the end of one primary and the choice of the next."""


def creation_failed(job: str) -> str:
    """The reason of `UNRECOVERABLE` where the Job of an instance gave up."""
    return (
        f"Instance creation failed for the following jobs: {job}. Check the job logs to "
        "investigate the cause of the failure."
    )
