"""The phases of a Backup: CloudNativePG v1.30.0, api/v1/backup_types.go:32-58."""

from host.kubernetes.kubectl import Object

OVER = ("completed", "failed", "invalid backup definition")
"""All that end one: a Backup in any other phase, `walArchivingFailing` too, still wants to run."""
BEGUN = ("started", "running", "finalizing")
"""Those between `pending` and the end."""


def phase(backup: Object) -> str:
    """The phase of a Backup; "" where the operator has not looked at it yet."""
    return str(backup.get("status", {}).get("phase") or "")


def is_over(backup: Object) -> bool:
    """Whether nothing more is to come of it."""
    return phase(backup) in OVER
