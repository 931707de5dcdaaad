"""Every mistake is refused on one line that names the field and what is allowed there."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host.certificates import tls_secrets
from host.kubernetes.credentials import secret_name
from tests.host.decisions.examples import document
from topology.__main__ import main
from topology.load import load, parse
from topology.names import DUMP_USER
from topology.refused import Refused
from topology.site import SITES

Break = Callable[..., list[str]]

COPIES_KEY = "arn:aws:kms:eu-central-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
MISTAKES = [
    ({"colour": "red"}, "colour", "unknown key"),
    ({"primary.colour": "red"}, "primary.colour", "unknown key"),
    ({"name": "Pgtwin"}, "name", "lower-case"),
    ({"writer": "both"}, "writer", "'primary' or 'dr'"),
    ({"replication": "quorum"}, "replication", "'archive', 'streaming' or 'synchronous'"),
    ({"replication": "streaming", "rpo": "30s"}, "replication, rpo", "only with"),
    ({"rpo": 0}, "replication, rpo", "only with"),
    (
        {"replication": "streaming", "database.pooler_instances": 1},
        "replication, database.pooler_instances",
        "without a pooler",
    ),
    (
        {"replication": "streaming", "database.parameters": {"max_wal_senders": "4"}},
        "replication, primary.parameters.max_wal_senders",
        "at least 5",
    ),
    ({"primary.parameters": {"max_wal_senders": "0"}}, "primary.parameters.max_wal_senders", "4"),
    ({"primary.parameters": {"max_wal_senders": "3"}}, "primary.parameters.max_wal_senders", "4"),
    ({"database.postgres": "18"}, "database.postgres", "17 or 18"),
    ({"database.name": "app-db"}, "database.name", "underscores"),
    ({"database.archive_timeout_seconds": 0}, "database.archive_timeout_seconds", "5"),
    ({"database.parameters": {"max_connections": 200}}, "max_connections", "string"),
    ({"database.parameters": {"max_connections": "many"}}, "max_connections", "whole number"),
    ({"database.parameters": {"max_connections": "9"}}, "max_connections", "at least 20"),
    (
        {"writer": "dr", "dr.parameters": {"max_connections": "3"}},
        "dr.parameters.max_connections",
        "at least 20",
    ),
    ({"database.parameters": {"archive_mode": "off"}}, "archive_mode", "CloudNativePG"),
    (
        {"primary.third_copy": {"bucket": "Copies", "key": COPIES_KEY}},
        "primary.third_copy.bucket",
        "lower-case",
    ),
    (
        {"primary.third_copy": {"bucket": "copies", "key": "alias/copies"}},
        "primary.third_copy.key",
        "arn:aws:kms:REGION:ACCOUNT:key/ID",
    ),
    (
        {
            "primary.third_copy": {"bucket": "copies", "key": COPIES_KEY},
            "dr.third_copy": {"bucket": "copies", "key": COPIES_KEY},
        },
        "primary.third_copy.bucket, dr.third_copy.bucket",
        "two different",
    ),
    *(
        ({"primary.issuer_bucket": name}, "primary.issuer_bucket", "lower-case")
        for name in ("Issuer", "is.suer", "xn--issuer", "issuer--ol-s3", "is")
    ),
    (
        {"primary.issuer_bucket": "issuer", "dr.issuer_bucket": "issuer"},
        "primary.issuer_bucket, dr.issuer_bucket",
        "two different",
    ),
    (
        {
            "primary.third_copy": {"bucket": "copies", "key": COPIES_KEY},
            "dr.issuer_bucket": "copies",
        },
        "primary.third_copy.bucket, dr.issuer_bucket",
        "two different",
    ),
    ({"primary.bucket": "backup_bucket_ew1"}, "primary.bucket", "hyphens"),
    ({"primary.bucket": "Backup-bucket"}, "primary.bucket", "lower-case"),
    ({"primary.bucket": "b" * 46}, "primary.bucket", "1 to 45"),
    ({"primary.bucket": ""}, "primary.bucket", "1 to 45"),
    ({"primary.bucket": "xn--bucket"}, "primary.bucket", "S3 refuses"),
    ({"primary.bucket": "xn-"}, "primary.bucket", "S3 refuses"),
    ({"primary.bucket": "sthree"}, "primary.bucket", "S3 refuses"),
    ({"primary.bucket": "sthree-configurator"}, "primary.bucket", "S3 refuses"),
    ({"primary.bucket": "amzn-s3-demo"}, "primary.bucket", "S3 refuses"),
    ({"dr.region": "eu-west-1", "dr.zones": ["eu-west-1a"]}, "dr.region", "two different"),
    ({"dr.region": "us-gov-west-1", "dr.zones": ["eu-west-2a"]}, "dr.region", "commercial"),
    ({"dr.bucket": "backup-bucket-ew1"}, "dr.bucket", "two different"),
    ({"dr.cluster": "postgres-cluster"}, "dr.cluster", "two different"),
    ({"dr.zones": ["eu-west-1a"]}, "dr.zones", "zones of eu-west-2"),
    ({"dr.zones": ["eu-west-2a", "eu-west-2a"]}, "dr.zones", "each zone once"),
    ({"dr.zones": []}, "dr.zones", "at least 1"),
    ({"dr.nat_gateways": 2}, "dr.nat_gateways", "one per zone"),
    ({"dr.cidr": "10.0.128.0/17"}, "dr.cidr", "do not overlap"),
    ({"dr.cidr": "10.42.0.0/16"}, "dr.cidr", "10.42.0.0/16"),
    ({"dr.cidr": "10.43.16.0/20"}, "dr.cidr", "10.43.0.0/16"),
    ({"dr.cidr": "10.1.0.1/16"}, "dr.cidr", "network address"),
    ({"dr.cidr": "10.1.0.0/28"}, "dr.cidr", "/16 to /20"),
    ({"dr.cidr": "300.1.0.0/16"}, "dr.cidr", "network address"),
    ({"dr.client_cidrs": ["0.0.0.0/0"]}, "dr.client_cidrs", "never the whole internet"),
    ({"dr.client_cidrs": ["0.0.0.0/1", "128.0.0.0/1"]}, "dr.client_cidrs", "not 0.0.0.0/0"),
    ({"dr.client_cidrs": ["10.0.0.0/8", "11.0.0.0/8"]}, "dr.client_cidrs", "not 10.0.0.0/7"),
    ({"dr.client_cidrs": ["10.42.0.0/16"]}, "dr.client_cidrs", "k3s"),
    ({"dr.client_cidrs": ["169.254.0.0/24"]}, "dr.client_cidrs", "which is reserved"),
    (
        {"dr.client_cidrs": [f"192.168.{each}.0/25" for each in range(60)]},
        "dr.client_cidrs",
        "at most 59",
    ),
    ({"dr.cidr": "127.0.0.0/16"}, "dr.cidr", "127.0.0.0/8"),
    ({"dr.cidr": "169.254.0.0/16"}, "dr.cidr", "169.254.0.0/16"),
    ({"dr.cidr": "224.0.0.0/16"}, "dr.cidr", "224.0.0.0/3"),
    ({"dr.cidr": "0.0.0.0/16"}, "dr.cidr", "0.0.0.0/8"),
    ({"dr.instance_type": "t3.small"}, "dr.instance_type", "leaves 0"),
    ({"primary.instance_type": "t3.small"}, "primary.instance_type", "512 MiB"),
    ({"primary.instances": 4}, "primary.instances", "1 to 3"),
    ({"primary.servers": 2}, "primary.servers", "odd"),
    ({"primary.instance_type": "m7g.large"}, "primary.instance_type", "arm64"),
    ({"primary.instance_type": "m7i.enormous"}, "primary.instance_type", "families"),
    ({"primary.instance_type": "t4g.nano"}, "primary.instance_type", "2 GiB"),
    ({"primary.architecture": "riscv"}, "primary.architecture", "'amd64' or 'arm64'"),
    ({"primary.data_volume_gib": 79}, "primary.data_volume_gib", "at least 80"),
    ({"backups.dump_utc": "24:00"}, "backups.dump_utc", "23:59"),
    ({"backups.dump_utc": 400}, "backups.dump_utc", "23:59"),
    ({"backups.dump_utc": "0٣:00"}, "backups.dump_utc", "23:59"),
    ({"versions.chart_cert_manager": "v1.21.٣"}, "versions.chart_cert_manager", "1.2.3"),
    ({"versions.plugin_barman_cloud": "0.14.0"}, "versions.plugin_barman_cloud", "the tag"),
    ({"versions.chart_cert_manager": "v1.021.0"}, "versions.chart_cert_manager", "without a 0"),
    ({"versions.k3s.version": "v1.36.4+k3s01"}, "versions.k3s.version", "v1.36.4+k3s1"),
    ({"versions.k3s.mirror": "s3://my..parts/k3s"}, "versions.k3s.mirror", "s3://bucket/k3s"),
    ({"versions.k3s.mirror": "s3://10.0.0.1/k3s"}, "versions.k3s.mirror", "s3://bucket/k3s"),
    ({"versions.k3s.mirror": "s3://parts/部品"}, "versions.k3s.mirror", "of ASCII"),
    ({"versions.k3s.mirror": "s3://Parts/k3s"}, "versions.k3s.mirror", "s3://bucket/k3s"),
    ({"versions.k3s.mirror": "s3://parts/*"}, "versions.k3s.mirror", "without spaces, *"),
    ({"versions.k3s.mirror": "s3://parts/${aws:x}/k3s"}, "versions.k3s.mirror", "and $"),
    ({"backups.retention_days": 0}, "backups.retention_days", "1"),
    ({"dr.parameters": {"max_connections": "100"}}, "dr.parameters.max_connections", "200"),
    (
        {"writer": "dr", "dr.parameters": {"max_connections": "300"}},
        "primary.parameters.max_connections",
        "at least 300",
    ),
    ({"database.parameters": {"max_wal_senders": "٣"}}, "max_wal_senders", "whole number"),
    ({"dr.parameters": {"max_connections": "0300"}}, "max_connections", "without a 0 before it"),
    (
        {"dr.instance_type": "r7i.2xlarge", "dr.parameters": {"max_connections": "262084"}},
        "dr.parameters.max_connections, dr.parameters.max_worker_processes",
        "together at most 262141, or PostgreSQL does not start, not 262142",
    ),
    (
        {"dr.parameters": {"statement_timeout": "30"}},
        "dr.parameters.statement_timeout",
        "0, or at least 10s: CloudNativePG makes the database in such a session, not 30, which is "
        "30ms",
    ),
    ({"dr.parameters": {"transaction_timeout": "9999ms"}}, "transaction_timeout", "at least 10s"),
    (
        {"dr.parameters": {"TimeZone": "UTC", "timezone": "GMT"}},
        "dr.parameters.TimeZone, dr.parameters.timezone",
        "one of them",
    ),
    (
        {"dr.parameters": {"auto_explain.log_format": "json", "Auto_explain.log_format": "xml"}},
        "dr.parameters.Auto_explain.log_format, dr.parameters.auto_explain.log_format",
        "one of them",
    ),
    (
        {"dr.parameters": {"default_transaction_read_only": "on"}},
        "dr.parameters.default_transaction_read_only",
        "off: CloudNativePG",
    ),
    (
        {"dr.parameters": {"default_transaction_isolation": "serializable"}},
        "dr.parameters.default_transaction_isolation",
        "another level",
    ),
    ({"database.owner": "pg_app"}, "database.owner", "pg_"),
    ({"database.owner": "cnpg_app"}, "database.owner", "cnpg_"),
    ({"database.owner": "public"}, "database.owner", "CREATE ROLE"),
    ({"database.owner": "none"}, "database.owner", "CREATE ROLE"),
    ({"database.owner": "postgres"}, "database.owner", "superuser"),
    ({"database.owner": "streaming_replica"}, "database.owner", "replication"),
    ({"database.owner": "dump_user"}, "database.owner", "dumps"),
    ({"database.owner": "loader_of_verified_dump"}, "database.owner", "a verification drops"),
    ({"database.owner": "app_"}, "database.owner", "Kubernetes"),
    ({"database.owner": "postgres_cluster_ca"}, "database.owner, primary.cluster", "Secret"),
    ({"database.name": "template0"}, "database.name", "there already"),
    ({"database.name": "template1"}, "database.name", "there already"),
    ({"database.name": "postgres"}, "database.name", "there already"),
    ({"database.name": "verified_dump"}, "database.name", "verification"),
    ({"database.name": "pgbouncer", "database.pooler_instances": 1}, "database.name", "console"),
    ({"name": "aws-orders"}, "name", "SSM documents"),
    ({"name": "amazon"}, "name", "SSM documents"),
    ({"name": "amzn1"}, "name", "SSM documents"),
    ({"dr.cluster": "verify-orders"}, "dr.cluster", "are deleted"),
    (
        {"database.pooler_instances": 1, "primary.cluster": "pooler-rw"},
        "primary.cluster, database.pooler_instances",
        "the Pooler and its Service are called pooler-rw",
    ),
    (
        {"database.pooler_instances": 1, "dr.cluster": "pooler"},
        "dr.cluster, database.pooler_instances",
        "the Pooler and its Service are called pooler-rw",
    ),
    ({"primary.bucket": "pgbackups", "dr.bucket": "pgbackups-logs"}, "primary.bucket", "-logs"),
    ({"dr.bucket": "pgbackups", "primary.bucket": "pgbackups-logs"}, "dr.bucket", "-logs"),
    ({"primary.instance_type": "m7i.medium"}, "primary.instance_type", "a known type"),
    ({"primary.instance_type": "c7i.medium"}, "primary.instance_type", "a known type"),
    ({"primary.instance_type": "r7i.medium"}, "primary.instance_type", "a known type"),
    ({"primary.instance_type": "m6i.medium"}, "primary.instance_type", "a known type"),
    ({"primary.instance_type": "m7i.metal"}, "primary.instance_type", "up to 24xlarge"),
    ({"dr.instance_type": "r7i.48xlarge"}, "dr.instance_type", "up to 24xlarge"),
    ({"primary.instance_type": "m6a.medium"}, "primary.instance_type", "a known type"),
    ({"primary.instance_type": "m6i.large\n"}, "primary.instance_type", "a known type"),
    (
        {"dr.region": "me-south-1", "dr.zones": ["me-south-1a"]},
        "dr.instance_type",
        "in none of them",
    ),
    (
        {
            "dr.region": "ca-central-1",
            "dr.zones": ["ca-central-1a", "ca-central-1b", "ca-central-1d"],
            "dr.instance_type": "t3a.large",
        },
        "dr.instance_type",
        "is in 2 of them",
    ),
    ({"dr.region": "eu-wset-2"}, "dr.region", "commercial partition"),
    ({"dr.region": "eu-isoe-west-1", "dr.zones": ["eu-west-2a"]}, "dr.region", "commercial"),
    ({"dr.region": "eusc-de-east-1", "dr.zones": ["eu-west-2a"]}, "dr.region", "commercial"),
    ({"dr.region": "cn-north-1", "dr.zones": ["eu-west-2a"]}, "dr.region", "commercial"),
    ({"dr.zones": ["eu-west-2g"]}, "dr.zones", "eu-west-2a, eu-west-2b"),
    ({"database.parameters": {"Archive_Mode": "off"}}, "Archive_Mode", "CloudNativePG"),
    ({"database.parameters": {"a.b.c": "1"}}, "a.b.c", "one dot"),
    ({"database.parameters": {"work-mem": "1"}}, "work-mem", "name of a setting"),
    ({"database.parameters": {"pgaudit.log": "all"}}, "pgaudit.log", "image"),
    ({"database.parameters": {"cnpg.config_sha256": "0"}}, "cnpg.config_sha256", "own state"),
    ({"database.parameters": {"hot_standby_feedback": "maybe"}}, "hot_standby_feedback", "on or"),
    ({"dr.parameters": {"min_wal_size": "2GB", "max_wal_size": "1GB"}}, "min_wal_size", "below"),
    ({"dr.parameters": {"max_wal_size": "20GB"}}, "dr.parameters.max_wal_size", "volume"),
    ({"dr.parameters": {"max_wal_size": "80MB"}}, "dr.parameters.min_wal_size", "below"),
    ({"dr.parameters": {"shared_buffers": "64GB"}}, "dr.parameters.shared_buffers", "at most"),
    (
        {"dr.parameters": {"wal_buffers": "1GB"}, "dr.instance_type": "t3.medium"},
        "dr.parameters.wal_buffers, dr.instance_type",
        "at most 563MB of memory at the start",
    ),
    (
        {
            "primary.parameters": {"max_locks_per_transaction": "1000"},
            "dr.parameters": {
                "max_connections": "20000",
                "max_locks_per_transaction": "2000",
            },
        },
        "dr.parameters.max_connections, dr.parameters.max_locks_per_transaction, dr.instance_type",
        "MB of memory at the start, as much as m7i.large leaves",
    ),
    (
        {"dr.parameters": {"pg_stat_statements.max": "20000000"}},
        "dr.parameters.pg_stat_statements.max, dr.instance_type",
        "MB of memory at the start, as much as m7i.large leaves",
    ),
    ({"dr.parameters": {"shared_buffers": "lots"}}, "dr.parameters.shared_buffers", "a size"),
    ({"dr.parameters": {"shared_buffers": "16384"}}, "dr.parameters.shared_buffers", "a size"),
    ({"dr.parameters": {"shared_buffers": "128mb"}}, "dr.parameters.shared_buffers", "a size"),
    ({"dr.parameters": {"reserved_connections": "200"}}, "reserved_connections", "together"),
    ({"dr.parameters": {"reserved_connections": "0xC8"}}, "reserved_connections", "together"),
    ({"dr.parameters": {"Reserved_Connections": "200"}}, "Reserved_Connections", "as PostgreSQL"),
    ({"dr.parameters": {"max_conections": "200"}}, "max_conections", "mean max_connections?"),
    ({"dr.parameters": {"work_mem": "8MB\n"}}, "dr.parameters.work_mem", "backslashes"),
    ({"dr.parameters": {"subtransaction_buffers": "1000"}}, "subtransaction_buffers", "of 16"),
    ({"dr.parameters": {"max_stack_depth": "16MB"}}, "max_stack_depth", "at most 7680kB"),
    ({"dr.parameters": {"TimeZone": "US/Eastern"}}, "dr.parameters.TimeZone", "Europe/Berlin"),
    ({"dr.parameters": {"dynamic_library_path": "/opt/lib"}}, "dynamic_library_path", "$libdir"),
    ({"dr.parameters": {"extension_control_path": ""}}, "extension_control_path", "$system"),
    ({"dr.parameters": {"extension_control_path": "ext:$system"}}, "extension_control", "folders"),
    ({"dr.parameters": {"track_activities": "off"}}, "track_activities", "waits for a standby"),
    ({"dr.parameters": {"archive_library": "x"}}, "archive_library", "pgtwin sets it"),
    ({"dr.parameters": {"ssl_max_protocol_version": "TLSv1.2"}}, "ssl_max_", "TLSv1.3 and TLSv1.2"),
    (
        {"dr.parameters": {"log_statement_stats": "on", "log_parser_stats": "on"}},
        "dr.parameters.log_parser_stats",
        "one of them",
    ),
    (
        {"replication": "streaming", "dr.parameters": {"wal_receiver_timeout": "60s"}},
        "dr.parameters.wal_receiver_timeout",
        "1000ms to 10000ms",
    ),
    (
        {"replication": "streaming", "primary.parameters": {"wal_sender_timeout": "0"}},
        "primary.parameters.wal_sender_timeout",
        "1000ms to 10000ms",
    ),
    ({"dr.parameters": {"wal_receiver_status_interval": "0"}}, "wal_receiver_status", "1s to 10s"),
    ({"dr.parameters": {"work_mem": "lots"}}, "dr.parameters.work_mem", "a whole number from 64"),
    ({"dr.parameters": {"work_mem": "1e400"}}, "dr.parameters.work_mem", "not '1e400'"),
    ({"dr.parameters": {"wal_keep_size": "9" * 5000}}, "dr.parameters.wal_keep_size", "a whole"),
    ({"dr.parameters": {"statement_timeout": "0x" + "f" * 400}}, "statement_timeout", "a whole"),
    ({"dr.parameters": {"max_connections": "999999"}}, "max_connections", "to 262143"),
    ({"dr.parameters": {"io_method": "io_uring"}}, "dr.parameters.io_method", "sync, worker"),
    (
        {"database.postgres": 17, "dr.parameters": {"io_method": "worker"}},
        "dr.parameters.io_method",
        "PostgreSQL 17",
    ),
    ({"primary.parameters": {"max_replication_slots": "2"}}, "max_replication_slots", "at least 3"),
    ({"primary.parameters": {"max_replication_slots": "0"}}, "max_replication_slots", "at least 3"),
    ({"dr.parameters": {"wal_keep_size": "20GB"}}, "dr.parameters.wal_keep_size", "6144MB"),
    ({"dr.parameters": {"wal_keep_size": "6144"}}, "dr.parameters.wal_keep_size", "6144MB"),
    ({"dr.parameters": {"max_slot_wal_keep_size": "-1"}}, "max_slot_wal_keep_size", "6144MB"),
    ({"dr.ami": "ubuntu"}, "dr.ami", "ami-0"),
    ({"dr.ami": "ami-0123456789"}, "dr.ami", "17 hexadecimal digits"),
    ({"dr.ami": "ami-0123456789abcdef"}, "dr.ami", "17 hexadecimal digits"),
    ({"dr.machines": {"agent-1": {"generation": 2}}}, "dr.machines.agent-1", "server-1"),
    (
        {"dr.machines": {"server-1": {"generation": 2, "instance_type": "t3.medium"}}},
        "dr.machines.server-1.instance_type",
        "at least the 8 GiB of m7i.large",
    ),
    (
        {"dr.machines": {"server-1": {"generation": 2, "instance_type": "m7g.large"}}},
        "dr.machines.server-1.instance_type",
        "arm64",
    ),
    ({"dr.machines": {"server-1": {"generation": 1}}}, "dr.machines.server-1.generation", "2"),
    ({"alarm_email": "nobody"}, "alarm_email", "e-mail"),
    ({"alarm_email": "nobody@example"}, "alarm_email", "e-mail"),
    ({"alarm_email": "on..call@example.org"}, "alarm_email", "e-mail"),
    ({"alarm_email": "on,call@example.org"}, "alarm_email", "e-mail"),
    ({"alarm_email": "oncall@example..org"}, "alarm_email", "e-mail"),
    ({"alarm_email": "oncall@-example.org"}, "alarm_email", "e-mail"),
    ({"alarm_email": "ä@example.org"}, "alarm_email", "e-mail"),
    ({"alarm_email": "Oncall <oncall@example.org>"}, "alarm_email", "e-mail"),
    ({"alarm_email": "a" * 65 + "@example.org"}, "alarm_email", "e-mail"),
    ({"versions.chart_plugin_barman_cloud": "0.8.1"}, "versions.chart_plugin", "v0.15.1"),
    (
        {
            "versions.plugin_barman_cloud": "v0.13.0",
            "versions.chart_plugin_barman_cloud": "0.7.0",
        },
        "versions.plugin_barman_cloud",
        "PR 966",
    ),
    (
        {
            "versions.plugin_barman_cloud": "v0.15.0",
            "versions.chart_plugin_barman_cloud": "0.8.0",
        },
        "versions.plugin_barman_cloud",
        "read-only",
    ),
]


@pytest.mark.parametrize(("changes", "field", "allowed"), MISTAKES)
def test_names_the_field_and_what_is_allowed(
    problems: Break, changes: dict[str, Any], field: str, allowed: str
) -> None:
    (line,) = problems(changes)

    named, _, rest = line.partition(": ")
    assert field in named
    assert allowed in rest
    assert "\n" not in line


@pytest.mark.parametrize(
    ("changes", "field", "allowed"),
    [
        ({}, "replication, rpo", "0, with which commits wait forever"),
        ({"rpo": "5s"}, "rpo", "20s to 3600s"),
        ({"rpo": "4000s"}, "rpo", "20s to 3600s"),
        ({"rpo": 30}, "rpo", "20s to 3600s"),
        ({"rpo": False}, "rpo", "20s to 3600s"),
        ({"rpo": 0, "primary.instances": 2}, "replication, primary.instances", "1, or at least 3"),
        (
            {"rpo": 0, "database.pooler_instances": 1},
            "replication, database.pooler_instances",
            "without a pooler",
        ),
        (
            {"rpo": 0, "primary.parameters": {"synchronous_commit": "local"}},
            "replication, primary.parameters.synchronous_commit",
            "not local: commits would not wait",
        ),
        (
            {"rpo": "30s", "dr.parameters": {"fsync": "off"}},
            "replication, dr.parameters.fsync",
            "not off: commits would not wait",
        ),
    ],
)
def test_synchronous_is_refused_without_what_it_needs(
    problems: Break, changes: dict[str, Any], field: str, allowed: str
) -> None:
    (line,) = problems({"replication": "synchronous", **changes})

    named, _, rest = line.partition(": ")
    assert named == field
    assert allowed in rest


@pytest.mark.parametrize("rpo", [0, "0", "20s", "99s", "100s", "1000s", "3600s"])
def test_synchronous_with_a_promise_is_accepted(problems: Break, rpo: Any) -> None:
    asked = {"replication": "synchronous", "rpo": rpo}

    assert problems(asked) == []
    assert problems({**asked, "primary.parameters": {"synchronous_commit": "remote_apply"}}) == []


@pytest.mark.parametrize("setting", ["synchronous_commit", "fsync"])
def test_in_every_other_mode_commits_may_return_early(problems: Break, setting: str) -> None:
    asked = {"primary.parameters": {setting: "off"}}

    assert problems(asked) == []
    assert problems({**asked, "replication": "streaming"}) == []


def _secrets() -> list[str]:
    """Every Secret that the host program makes on either site, but the owner's."""
    leaves = [leaf.secret for site in SITES for leaf in tls_secrets.leaves(document(site))]
    return sorted({tls_secrets.AUTHORITY, *leaves, secret_name(DUMP_USER)})


@pytest.mark.parametrize("secret", _secrets())
def test_an_owner_whose_secret_would_be_one_of_ours_is_refused(
    problems: Break, secret: str
) -> None:
    found = problems({"database.owner": secret.replace("-", "_")})

    assert len(found) == 1
    assert "database.owner" in found[0].partition(": ")[0]


NEIGHBOURS: list[dict[str, Any]] = [
    {"database.owner": "pgapp"},
    {"database.owner": "cnpg"},
    {"database.owner": "publics"},
    {"database.owner": "app_1"},
    {"database.owner": "select"},
    {"database.owner": "postgres_cluster"},
    {"database.owner": "authorities"},
    {"database.owner": "server"},
    {"database.owner": "pooler"},
    {"database.name": "template2"},
    {"database.name": "user"},
    {"database.name": "pgbouncer"},
    {"name": "orders-aws"},
    {"name": "amaz"},
    {"dr.cluster": "verified"},
    {"primary.bucket": "pgbackups", "dr.bucket": "pgbackups-log"},
    {"primary.bucket": "b"},
    {"primary.bucket": "xn"},
    {"primary.bucket": "sthree3"},
    {"primary.bucket": "amzn-s3-demos"},
    {"primary.bucket": "backups-s3alias"},
    {"primary.bucket": "b" * 45},
    {"primary.cluster": "pooler"},
    {"database.pooler_instances": 1, "primary.cluster": "pooler-r"},
    {"dr.ami": "ami-12c6146b"},
    {"alarm_email": "on.call+pgtwin@db-team.example.org"},
    {"alarm_email": "o'call@example.co.uk"},
    {"database.owner": "loader_of"},
    {"database.name": "loader_of_verified_dump"},
    {"versions.chart_cert_manager": "1.10.0"},
    {"versions.k3s.mirror": "s3://my.parts-1/k3s/v1.36.4+k3s1"},
    {"versions.k3s.mirror": "s3://10.0.0.1.parts/k3s=1,2(3)"},
    {"dr.instance_type": "r7i.2xlarge", "dr.parameters": {"max_connections": "262083"}},
    {"database.parameters": {"TimeZone": "UTC"}, "dr.parameters": {"timezone": "GMT"}},
    {"dr.parameters": {"default_transaction_read_only": "off"}},
    {"dr.parameters": {"default_transaction_isolation": "repeatable read"}},
    {"primary.parameters": {"max_prepared_transactions": "0"}},
    {"primary.instance_type": "m7a.medium"},
    {"primary.instance_type": "r7i.large"},
    {"primary.instance_type": "r7i.24xlarge"},
    {"primary.instance_type": "m6g.16xlarge", "primary.architecture": "arm64"},
    {"primary.instance_type": "t3.2xlarge"},
    {"dr.region": "ap-east-2", "dr.zones": ["ap-east-2c"]},
    {"dr.region": "ap-northeast-1", "dr.zones": ["ap-northeast-1a", "ap-northeast-1d"]},
    {"dr.zones": ["eu-west-2d"]},
    {"dr.client_cidrs": ["192.168.0.0/16", "10.0.0.0/8", "81.2.69.142/32"]},
    {"dr.client_cidrs": [f"192.168.{each}.0/25" for each in range(59)]},
    {"dr.instance_type": "t3.medium"},
    {"database.parameters": {"pg_stat_statements.max": "1000"}},
    {"database.parameters": {"cnpgs.setting": "1"}},
    {"database.parameters": {"auto_explain.log_min_duration": "1s"}},
    {"database.parameters": {"DateStyle": "ISO"}},
    {"database.parameters": {"hot_standby_feedback": "Yes"}},
    {"database.parameters": {"min_wal_size": "1GB", "max_wal_size": "2GB"}},
    {"dr.parameters": {"max_wal_size": "9 GB"}},
    {"dr.parameters": {"max_wal_size": "1.5GB"}},
    {"dr.parameters": {"max_wal_size": "1024"}},
    {"dr.parameters": {"max_wal_size": "  2   GB"}},
    {"dr.parameters": {"shared_buffers": "268435456B"}},
    {"replication": "streaming", "dr.parameters": {"wal_receiver_timeout": "10s"}},
    {"dr.parameters": {"wal_sender_timeout": "60s"}},
    {"dr.parameters": {"statement_timeout": "10s", "transaction_timeout": "10000"}},
    {"dr.parameters": {"statement_timeout": "0", "transaction_timeout": "1d"}},
    {"dr.parameters": {"statement_timeout": "0.5"}},
    {"dr.parameters": {"wal_buffers": "512MB"}, "dr.instance_type": "t3.medium"},
    {"dr.parameters": {"max_connections": "20000", "max_locks_per_transaction": "512"}},
    {"dr.parameters": {"max_connections": "10000"}, "dr.instance_type": "t3.medium"},
    {"dr.parameters": {"pg_stat_statements.max": "1000000"}},
    {"dr.parameters": {"pg_stat_statements.max": "lots"}},
    {"dr.parameters": {"transaction_buffers": "1GB"}, "dr.instance_type": "t3.medium"},
    {"dr.parameters": {"shared_buffers": "256MB"}},
    {"dr.parameters": {"shared_buffers": "1048576kB"}},
    {"dr.parameters": {"reserved_connections": "100"}},
    {"dr.parameters": {"timezone": "UTC"}},
    {"dr.parameters": {"dynamic_library_path": "/opt/lib:$libdir"}},
    {"dr.parameters": {"extension_control_path": "$system:/opt/a:/opt/b"}},
    {"dr.parameters": {"max_replication_slots": "0"}},
    {"primary.parameters": {"max_replication_slots": "3"}},
    {"dr.parameters": {"wal_keep_size": "6143MB"}},
    {"dr.parameters": {"io_method": "worker"}},
    {"database.postgres": 17, "dr.parameters": {"wal_compression": "zstd"}},
    {"dr.parameters": {"work_mem": "8MB"}},
    {"dr.parameters": {"max_connections": "300"}},
    {"dr.machines": {"server-1": {"generation": 2, "ami": "ami-0123456789abcdef0"}}},
    {"dr.machines": {"server-1": {"generation": 2, "instance_type": "r7i.large"}}},
    {"writer": "dr", "primary.parameters": {"max_connections": "300"}},
    {"primary.parameters": {"max_wal_senders": "4"}},
]


@pytest.mark.parametrize("changes", NEIGHBOURS, ids=str)
def test_a_neighbour_of_what_is_refused_is_accepted(
    problems: Break, changes: dict[str, Any]
) -> None:
    assert problems(changes) == []


@pytest.mark.parametrize("field", ["name", "writer", "database", "backups", "primary", "dr"])
def test_names_a_missing_field(good: dict[str, Any], field: str) -> None:
    del good[field]

    with pytest.raises(Refused) as refused:
        parse(good)

    assert str(refused.value).startswith(f"{field}: required")


def test_shows_broken_types_and_broken_rules_of_one_file_at_once(problems: Break) -> None:
    lines = problems(
        {
            "backups.dump_utc": "noon",
            "colour": "red",
            "primary.servers": 2,
            "primary.bucket": "under_score",
            "dr.parameters": {"max_connections": "1"},
        }
    )

    fields = [line.partition(":")[0] for line in lines]
    assert fields == [
        "backups.dump_utc",
        "colour",
        "primary.bucket",
        "primary.servers",
        "dr.parameters.max_connections",
    ]


def test_does_not_judge_a_rule_by_a_value_that_it_made_up(problems: Break) -> None:
    lines = problems({"primary.cidr": 7, "dr.cidr": "10.0.0.0/16"})

    assert [line.partition(":")[0] for line in lines] == ["primary.cidr"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "the file: not found"),
        (b"a: [1\nb: 2\n", "the file: must be valid YAML (line 2"),
        (b"writer: dr\nwriter: primary\n", "the file: must be valid YAML (line 2"),
        (b"", "the file: must be a YAML mapping"),
        (b"- a\n", "the file: must be a YAML mapping"),
        (b"a: " + b"[" * 5000, "the file: must be valid YAML, nested less"),
        (b"\xff\xfe\x00", "the file: must be text in UTF-8"),
    ],
)
def test_refuses_a_file_that_is_no_configuration(
    tmp_path: Path, content: bytes | None, expected: str
) -> None:
    path = tmp_path / "config.yaml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(Refused) as refused:
        load(path)

    assert str(refused.value).startswith(expected)


def test_reads_an_unquoted_time_as_a_time(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "config" / "default.yaml").read_text()
    path = tmp_path / "config.yaml"
    path.write_text(text.replace('"02:00"', "02:00"))

    assert load(path).backups.primary_base_backup_utc == "02:00"


def test_exits_with_2_and_one_line_a_problem_and_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("name: pgtwin\nwriter: nobody\n")

    run = subprocess.run(
        [sys.executable, "-m", "topology", str(path)], capture_output=True, text=True, check=False
    )

    assert run.returncode == 2
    assert run.stdout == ""
    assert all(line.startswith(f"{path}: ") for line in run.stderr.splitlines())
    assert len(run.stderr.splitlines()) == 5


def test_the_command_that_judges_a_file_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    assert ended.value.code == 0
    assert "usage: python -m topology [-h] [FILE]" in capsys.readouterr().out
