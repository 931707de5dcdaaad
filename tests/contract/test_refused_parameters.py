"""The loader and the operator's real webhooks refuse the same settings, roles and names, no others.

The drill's API does not judge settings: these behaviours have a real side only (`--real`).
"""

from typing import Any

import pytest

from tests.contract.side import Said, Side
from tests.contract.test_cluster_admission import cluster
from tests.loader import loads, loads_with
from topology.names import POOLER
from topology.rules.parameters import OF_CLOUDNATIVE_PG, OF_PGTWIN

WRITTEN_OVER = ("archive_mode",)
"""What the operator's defaulting webhook replaces before the other one looks, so that it is never
refused there and never heeded (cloudnative-pg v1.30.0 pkg/postgres/configuration.go).
"""
MEMORY = "1Gi"
VALUES = {
    "allow_alter_system": "off",
    "archive_library": "",
    "archive_timeout": "60s",
    "full_page_writes": "on",
    "password_encryption": "scram-sha-256",
    "wal_level": "logical",
    "wal_log_hints": "on",
}
ACCEPTED = {
    "DateStyle": "ISO",
    "auto_explain.log_min_duration": "1s",
    "hot_standby_feedback": "Yes",
    "max_connections": "300",
    "max_slot_wal_keep_size": "3GB",
    "pg_stat_statements.max": "1000",
    "ssl_min_protocol_version": "TLSv1.3",
    "sync_replication_slots": "off",
    "track_activity_query_size": "2048",
    "work_mem": "8MB",
}
SETTINGS: list[dict[str, str]] = [
    {"hot_standby_feedback": "maybe"},
    {"hot_standby_feedback": "TRU"},
    {"sync_replication_slots": "2"},
    {"min_wal_size": "2GB", "max_wal_size": "1GB"},
    {"min_wal_size": "1GB", "max_wal_size": "1GB"},
    {"min_wal_size": "1GB", "max_wal_size": "2GB"},
    {"max_wal_size": "20GB"},
    {"max_wal_size": "10GB"},
    {"max_wal_size": "9 GB"},
    {"max_wal_size": "1.5GB"},
    {"max_wal_size": "1024"},
    {"max_wal_size": "0.5.1GB"},
    {"max_wal_size": "80MB"},
    {"shared_buffers": "lots"},
    {"shared_buffers": "128mb"},
    {"shared_buffers": "16384"},
    {"shared_buffers": "256MB"},
    {"shared_buffers": "1048576kB"},
    {"shared_buffers": "64GB"},
    {"a.b.c": "1"},
    {"work-mem": "1"},
    {"1work_mem": "1"},
    {"my_app.setting": "1"},
    {"hot_standby_feedback": "tr"},
    {"sync_replication_slots": "of"},
    {"sync_replication_slots": ""},
    {"min_wal_size": "10GB", "max_wal_size": "11GB"},
    {"max_wal_size": "10485759kB"},
    {"max_wal_size": "10485760kB"},
    {"shared_buffers": "1073741824B"},
    {"shared_buffers": "268435456 B"},
    {"shared_buffers": "1.5B"},
    {"shared_buffers": "1.5GB", "max_wal_size": "10737418240B"},
    {"max_wal_size": "2147483648B"},
    {"max_wal_size": "  2   GB"},
    {"max_wal_size": "2GB "},
    {"a$b.c": "1"},
    {"my_app.9setting": "1"},
    {"ä": "1"},
]


def ask(real_alone: Side, parameters: dict[str, str], **spec: Any) -> Said:
    """Without making anything."""
    item = cluster(
        real_alone,
        walStorage={"size": "10Gi"},
        resources={"requests": {"memory": MEMORY}},
        postgresql={"parameters": parameters},
        **spec,
    )
    return real_alone.create(item, "--dry-run=server")


def test_every_parameter_that_the_loader_leaves_to_the_operator_is_refused_by_it(
    real_alone: Side,
) -> None:
    said = ask(real_alone, dict.fromkeys(OF_CLOUDNATIVE_PG, "nobody's"))

    lines = [line for line in said.stderr.splitlines() if "Can't set fixed" in line]
    missed = [
        name for name in OF_CLOUDNATIVE_PG if not any(f".parameters.{name}:" in x for x in lines)
    ]
    assert missed == list(WRITTEN_OVER)


def test_what_the_loader_keeps_for_pgtwin_and_its_neighbours_are_admitted(real_alone: Side) -> None:
    assert VALUES.keys() == set(OF_PGTWIN)

    said = ask(real_alone, {**VALUES, **ACCEPTED})

    assert said.exit_code == 0, said.stderr
    assert loads(parameters=ACCEPTED)


@pytest.mark.parametrize("parameters", SETTINGS, ids=str)
def test_a_setting_is_refused_by_both_or_by_none(
    real_alone: Side, parameters: dict[str, str]
) -> None:
    said = ask(real_alone, parameters)

    assert loads(parameters=parameters) == (said.exit_code == 0), said.stderr


@pytest.mark.parametrize(
    "name",
    ["postgres", "streaming_replica", "pg_app", "cnpg_app", "pgapp", "cnpg", "app", "replica"],
)
def test_a_role_is_refused_by_both_or_by_none(real_alone: Side, name: str) -> None:
    said = ask(real_alone, {}, managed={"roles": [{"name": name, "ensure": "present"}]})

    assert loads(owner=name) == (said.exit_code == 0), said.stderr


@pytest.mark.parametrize("name", ["pooler-rw", "pooler-r", "pooler-rw-1", "n" * 40])
def test_a_cluster_behind_a_pooler_is_refused_by_both_or_by_none(
    real_alone: Side, name: str
) -> None:
    said = real_alone.create(
        {
            "apiVersion": "postgresql.cnpg.io/v1",
            "kind": "Pooler",
            "metadata": {"name": POOLER, "namespace": real_alone.namespace},
            "spec": {
                "cluster": {"name": name},
                "type": "rw",
                "pgbouncer": {"poolMode": "transaction"},
            },
        },
        "--dry-run=server",
    )

    taken = loads_with({"primary.cluster": name, "database.pooler_instances": 1})
    assert taken == (said.exit_code == 0), said.stderr


@pytest.mark.parametrize("name", ["1a", "a_b", "A", "a-", "-a", "a.b", "a--b", "a", "n" * 40])
def test_the_name_of_a_cluster_is_refused_by_both_or_by_none(real_alone: Side, name: str) -> None:
    item = cluster(real_alone)
    item["metadata"]["name"] = name

    said = real_alone.create(item, "--dry-run=server")

    assert loads_with({"primary.cluster": name}) == (said.exit_code == 0), said.stderr
