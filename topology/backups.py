"""When the database is backed up, and for how long that is kept."""

from typing import Annotated

from pydantic import Field

from topology.frozen import Frozen, Pattern

TimeOfDay = Annotated[
    str, Pattern(r"([01]\d|2[0-3]):[0-5]\d", 'a time of day in quotes, "00:00" to "23:59"')
]


class Backups(Frozen):
    """Schedules in UTC, retention in days."""

    retention_days: Annotated[int, Field(ge=1, le=3650)]
    primary_base_backup_utc: TimeOfDay
    dr_base_backup_utc: TimeOfDay
    dump_utc: TimeOfDay
    dump_retention_days: Annotated[int, Field(ge=1, le=3650)]
    dump_jobs: Annotated[int, Field(ge=1, le=16)] = 2
    """Parallel connections of pg_dump; 2 matches the vCPUs of the default machine."""
    dump_scratch_gib: Annotated[int, Field(ge=1)] = 20
    """Ephemeral space for one dump before it is uploaded; half of the default PGDATA."""
    object_lock_days: Annotated[int, Field(ge=0, le=3650)] = 0
    """Days in which nobody, not even the account's owner, can delete a backup; 0 turns it off,
    because a lock cannot be taken back and makes a lab undeletable."""
