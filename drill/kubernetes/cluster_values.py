"""The values of a Cluster that CloudNativePG's webhook refuses, in its own words.

From cloudnative-pg v1.30.0 internal/webhook/v1/cluster_webhook.go; `tests/contract` compares them.
"""

import json
import re
from typing import Any

from drill.kubernetes.resource import Object

FIXED_PARAMETERS = frozenset(
    (
        "allow_system_table_mods",
        "archive_cleanup_command",
        "archive_command",
        "bonjour",
        "bonjour_name",
        "cluster_name",
        "config_file",
        "data_directory",
        "data_sync_retry",
        "event_source",
        "external_pid_file",
        "hba_file",
        "hot_standby",
        "ident_file",
        "jit_provider",
        "listen_addresses",
        "log_destination",
        "log_directory",
        "log_file_mode",
        "log_filename",
        "log_rotation_age",
        "log_rotation_size",
        "log_truncate_on_rotation",
        "logging_collector",
        "pg_failover_slots.primary_dsn",
        "pg_failover_slots.standby_slot_names",
        "port",
        "primary_conninfo",
        "primary_slot_name",
        "promote_trigger_file",
        "recovery_end_command",
        "recovery_min_apply_delay",
        "recovery_target",
        "recovery_target_action",
        "recovery_target_inclusive",
        "recovery_target_lsn",
        "recovery_target_name",
        "recovery_target_time",
        "recovery_target_timeline",
        "recovery_target_xid",
        "restart_after_crash",
        "restore_command",
        "shared_preload_libraries",
        "ssl",
        "ssl_ca_file",
        "ssl_cert_file",
        "ssl_crl_file",
        "ssl_dh_params_file",
        "ssl_ecdh_curve",
        "ssl_key_file",
        "ssl_passphrase_command",
        "ssl_passphrase_command_supports_reload",
        "ssl_prefer_server_ciphers",
        "stats_temp_directory",
        "synchronized_standby_slots",
        "synchronous_standby_names",
        "syslog_facility",
        "syslog_ident",
        "syslog_sequence_numbers",
        "syslog_split_messages",
        "temp_tablespaces",
        "unix_socket_directories",
        "unix_socket_group",
        "unix_socket_permissions",
    )
)
"""What the operator itself sets, or blocks: pkg/postgres/configuration.go:487. It admits
`archive_mode`, and overwrites it."""
_QUANTITY = re.compile(r"[+-]?[0-9]*\.?[0-9]+(m|k|[KMGTPE]i?|[eE][+-]?[0-9]+)?")


def refused_image(spec: Object) -> list[str]:
    """A tag that says nothing about the version."""
    image = str(spec.get("imageName") or "")
    if not image.endswith(":latest"):
        return []
    told = "Can't use 'latest' as image tag as we can't detect upgrades"
    return [invalid("spec.imageName", image, told)]


def refused_sizes(spec: Object) -> list[str]:
    """Volumes without a size, or with one that is no quantity."""
    volumes = {name: spec[name] for name in ("storage", "walStorage") if spec.get(name)}
    problems = []
    for name, volume in {"storage": {}, **volumes}.items():
        size = str(volume.get("size") or "")
        template = volume.get("pvcTemplate") or {}
        requested = ((template.get("resources") or {}).get("requests") or {}).get("storage")
        if size and not _QUANTITY.fullmatch(size):
            problems.append(invalid(f"spec.{name}.size", size, "Size value isn't valid"))
        if not size and not requested:
            told = "Size not configured. Please add it, or a storage request in the pvcTemplate."
            problems.append(invalid(f"spec.{name}.size", size, told))
    return problems


def refused_parameters(spec: Object) -> list[str]:
    """Settings of PostgreSQL that are the operator's alone."""
    parameters = (spec.get("postgresql") or {}).get("parameters") or {}
    return [
        invalid(
            f"spec.postgresql.parameters.{name}", value, "Can't set fixed configuration parameter"
        )
        for name, value in sorted(parameters.items())
        if name in FIXED_PARAMETERS
    ]


def invalid(field: str, value: Any, told: str) -> str:
    """One broken rule."""
    return f"{field}: Invalid value: {json.dumps(value, separators=(',', ':'))}: {told}"
