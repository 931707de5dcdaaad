"""What can be wrong with a site: the one catalogue that CloudWatch's and Prometheus' alarms use.

Each entry is named after its page in docs/runbooks/. What is measured, and how, differs between the
two and is in stacks/alarm_rule.py and charts/alarms.py; what it means does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

LATE_BACKUP_SECONDS = 26 * 3600
"""A backup per day, and two hours for it to run."""
EVIDENCE_DAYS = 8
"""A verification a week, and a day to repeat one that failed. A new site has as long from its
beginning: its metric counts from the making of the cluster until there is a first proof."""
MISSED_SEGMENTS = 5
"""The heartbeat is late when so many archive timeouts have passed without one."""


@dataclass(frozen=True, kw_only=True)
class AlarmMeaning:
    """What an alarm says, whoever raises it."""

    severity: Literal["critical", "warning"]
    meaning: str


def _critical(meaning: str) -> AlarmMeaning:
    return AlarmMeaning(severity="critical", meaning=meaning)


def _warning(meaning: str) -> AlarmMeaning:
    return AlarmMeaning(severity="warning", meaning=meaning)


ALARMS: Mapping[str, AlarmMeaning] = {
    "archive-backlog": _warning("WAL is archived more slowly than it is written."),
    "archive-failed": _critical(
        "WAL does not reach this site's archive: its disk fills and the RPO grows."
    ),
    "base-backup-age": _critical("This site has no base backup from the last 26 hours."),
    "certificate-days-left": _warning(
        "A certificate of an operator or of the cluster was not renewed in time."
    ),
    "configured-writer": _warning(
        "The deployed configuration names another writer than the record."
    ),
    "connections-used": _warning("More than 80 % of max_connections are in use."),
    "data-volume-used": _critical(
        "A data volume is more than 80 % full; PostgreSQL stops when it is full."
    ),
    "dump-age": _warning("No complete dump from the last 26 hours."),
    "evidence-age": _warning("No verification of this site's backups passed in the last 8 days."),
    "heartbeat-age": _critical(
        "The writer's heartbeat does not arrive here: the RPO grows, or the writer is down."
    ),
    "instance-fenced": _warning("An instance has been fenced for an hour: PostgreSQL is stopped."),
    "k3s-certificate-days-left": _warning(
        "A k3s certificate of a server expires soon; restarting k3s renews it."
    ),
    "machine-lost": _critical("An EC2 status check of this machine fails."),
    "missing-instances": _critical("The database runs with fewer instances than configured."),
    "nodes-not-ready": _critical("A machine of this site is not a Ready Kubernetes node."),
    "operators-unavailable": _critical(
        "An operator is down: the database runs, but nothing repairs it."
    ),
    "standby-lag": _warning("A standby replays too slowly; its failover takes longer."),
    "standby-not-streaming": _critical(
        "A standby receives no WAL; if none does, commits wait for one."
    ),
    "stream-missing": _critical(
        "The other region follows by the archive alone: losing the writer's costs what that costs."
    ),
    "transaction-id-age": _warning(
        "Vacuum falls behind; at two thousand million transactions the database refuses writes."
    ),
    "writer-conflict": _critical("This site's Cluster and the record name different writers."),
}
