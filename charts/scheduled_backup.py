"""The daily base backup of a site, without which its archived WAL is worth nothing."""

import cdk8s
from constructs import Construct

from charts.cluster import PLUGIN
from charts.custom_resource import CustomResource
from topology.names import POSTGRES_NAMESPACE
from topology.site import SiteName
from topology.topology import Topology


class ScheduledBackup(cdk8s.Chart):
    """A base backup at once and then every day, from a standby where there is one."""

    def __init__(self, scope: Construct, name: str, *, topology: Topology, site: SiteName) -> None:
        super().__init__(scope, name)
        cluster = topology.site(site).cluster
        backups = topology.backups
        start = backups.primary_base_backup_utc if site == "primary" else backups.dr_base_backup_utc
        CustomResource(
            self,
            f"{cluster}-daily",
            api_version="postgresql.cnpg.io/v1",
            kind="ScheduledBackup",
            namespace=POSTGRES_NAMESPACE,
            spec={
                "cluster": {"name": cluster},
                "schedule": six_fields(start),
                "immediate": True,
                "suspend": False,
                "backupOwnerReference": "self",
                "method": "plugin",
                "pluginConfiguration": {"name": PLUGIN},
                "target": "prefer-standby",
            },
        )


def six_fields(time_of_day: str) -> str:
    """Every day at `HH:MM` as CloudNativePG's cron, which begins with seconds."""
    hour, minute = time_of_day.split(":")
    return f"0 {int(minute)} {int(hour)} * * *"
