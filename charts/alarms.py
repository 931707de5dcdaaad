"""The alarms of a site. Roles move between the sites, so the role is asked of the metrics.

CloudNativePG's sample alerts on replication and zone spread are always red on a site with one
instance that follows an archive; those here ask only where there are standbys to ask about.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from charts.cert_manager import NAMESPACE as CERT_MANAGER_NAMESPACE
from charts.dump_job import DUMP
from topology.alarms import (
    ALARMS,
    LATE_BACKUP_SECONDS,
    MISSED_SEGMENTS,
    OLD_TRANSACTIONS,
    PLUGIN_NOT_RENEWED_DAYS,
    USED_CONNECTIONS_PERCENT,
    WAL_HOURS,
    AlarmMeaning,
)
from topology.names import OPERATOR_NAMESPACE, POSTGRES_NAMESPACE
from topology.site import SiteName
from topology.topology import Topology

_PLUGIN = "barman_cloud_cloudnative_pg_io"
_OF_A_WRITING_SITE = "and on (namespace, pod) (cnpg_collector_replica_mode == 0)"


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An expression that must stay empty. `runbook` is its page in docs/runbooks/."""

    runbook: str
    expression: str
    minutes: int

    @property
    def says(self) -> AlarmMeaning:
        """Its severity and its meaning, from the catalogue."""
        return ALARMS[self.runbook]

    @property
    def name(self) -> str:
        """The alert's name: the runbook's in Prometheus' spelling."""
        return re.sub(r"(?:^|-)(\w)", lambda match: match[1].upper(), self.runbook)


def alarms(topology: Topology, site: SiteName) -> tuple[Alarm, ...]:
    """Everything that needs attention at `site`."""
    place = topology.site(site)
    pods = f'namespace="{POSTGRES_NAMESPACE}", pod=~"{place.cluster}-[0-9]+"'
    stale_seconds = MISSED_SEGMENTS * topology.database.archive_timeout_seconds
    return (
        *_recovery_point(pods, stale_seconds),
        *_backups(pods),
        *_instances(pods, place.instances),
        *(_standbys(pods) if place.instances > 1 else ()),
        *_capacity(pods),
        *_platform(),
    )


def _recovery_point(pods: str, stale_seconds: int) -> Iterator[Alarm]:
    yield Alarm(
        runbook="heartbeat-age",
        expression=f"max(cnpg_pgtwin_heartbeat_age_seconds{{{pods}}}) > {stale_seconds} "
        f"or absent(cnpg_pgtwin_heartbeat_age_seconds{{{pods}}})",
        minutes=3,
    )
    yield Alarm(
        runbook="archive-failed",
        expression=f"cnpg_pg_stat_archiver_last_failed_time{{{pods}}} "
        f"- cnpg_pg_stat_archiver_last_archived_time{{{pods}}} > 1",
        minutes=5,
    )
    yield Alarm(
        runbook="archive-backlog",
        expression=f'cnpg_collector_pg_wal_archive_status{{value="ready", {pods}}} > 5',
        minutes=15,
    )


def _backups(pods: str) -> Iterator[Alarm]:
    dump = f'namespace="{POSTGRES_NAMESPACE}", cronjob="{DUMP}"'
    yield Alarm(
        runbook="base-backup-age",
        expression=f"time() - max({_PLUGIN}_last_available_backup_timestamp{{{pods}}}) "
        f"> {LATE_BACKUP_SECONDS}",
        minutes=5,
    )
    yield Alarm(
        runbook="dump-age",
        expression=f"time() - (kube_cronjob_status_last_successful_time{{{dump}}} "
        f"or kube_cronjob_created{{{dump}}}) > {LATE_BACKUP_SECONDS} "
        "and on (namespace, cronjob) (kube_cronjob_spec_suspend == 0)",
        minutes=5,
    )


def _instances(pods: str, instances: int) -> Iterator[Alarm]:
    yield Alarm(
        runbook="missing-instances",
        expression=f"(sum(cnpg_collector_up{{{pods}}}) or vector(0)) < {instances}",
        minutes=10,
    )
    yield Alarm(
        runbook="instance-fenced",
        expression=f"cnpg_collector_fencing_on{{{pods}}} == 1",
        minutes=60,
    )


def _standbys(pods: str) -> Iterator[Alarm]:
    yield Alarm(
        runbook="standby-not-streaming",
        expression=f"cnpg_pg_replication_in_recovery{{{pods}}} "
        f"> cnpg_pg_replication_is_wal_receiver_up{{{pods}}} {_OF_A_WRITING_SITE}",
        minutes=5,
    )
    yield Alarm(
        runbook="standby-lag",
        expression=f"cnpg_pg_replication_lag{{{pods}}} > 60 {_OF_A_WRITING_SITE}",
        minutes=5,
    )


def _capacity(pods: str) -> Iterator[Alarm]:
    yield Alarm(
        runbook="data-volume-used",
        expression='1 - node_filesystem_avail_bytes{mountpoint="/data"} '
        '/ node_filesystem_size_bytes{mountpoint="/data"} > 0.8',
        minutes=10,
    )
    yield Alarm(
        runbook="wal-hours-left",
        expression='predict_linear(node_filesystem_avail_bytes{mountpoint="/data"}[30m], '
        f"{WAL_HOURS} * 3600) < 0 and on () "
        f'max(cnpg_collector_pg_wal_archive_status{{value="ready", {pods}}}) > 5',
        minutes=15,
    )
    yield Alarm(
        runbook="connections-used",
        expression=f"sum by (pod) (cnpg_backends_total{{{pods}}}) "
        f"> {USED_CONNECTIONS_PERCENT / 100} * max by (pod) "
        f'(cnpg_pg_settings_setting{{name="max_connections", {pods}}})',
        minutes=5,
    )
    yield Alarm(
        runbook="transaction-id-age",
        expression=f"max by (datname) (cnpg_pg_database_xid_age{{{pods}}}) > {OLD_TRANSACTIONS}",
        minutes=30,
    )


def _platform() -> Iterator[Alarm]:
    operators = f'namespace=~"{OPERATOR_NAMESPACE}|{CERT_MANAGER_NAMESPACE}"'
    yield Alarm(
        runbook="operators-unavailable",
        expression=f"kube_deployment_status_replicas_available{{{operators}}} == 0",
        minutes=10,
    )
    yield Alarm(
        runbook="certificate-days-left",
        expression=f"certmanager_certificate_expiration_timestamp_seconds{{{operators}}} - time() "
        f"< {PLUGIN_NOT_RENEWED_DAYS} * 86400",
        minutes=60,
    )
