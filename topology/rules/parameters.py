"""PostgreSQL settings that CloudNativePG's webhook, PostgreSQL or pgtwin would refuse.

The webhook is cloudnative-pg v1.30.0 internal/webhook/v1/cluster_webhook.go (validateConfiguration,
validateWalSizeConfiguration); its fixed parameters are those of
pkg/postgres/configuration.go. tests/contract asks the real one about each of them.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from topology import postgres_settings
from topology.given import given
from topology.refused import Problem
from topology.rules.postgres import HOT_STANDBY_PARAMETERS, WHOLE_NUMBER

if TYPE_CHECKING:
    from topology.topology import Topology

OF_CLOUDNATIVE_PG = (
    *("allow_system_table_mods", "archive_cleanup_command", "archive_command", "archive_mode"),
    *("bonjour", "bonjour_name", "cluster_name", "config_file", "data_directory"),
    *("data_sync_retry", "event_source", "external_pid_file", "hba_file", "hot_standby"),
    *("ident_file", "jit_provider", "listen_addresses", "log_destination", "log_directory"),
    *("log_file_mode", "log_filename", "log_rotation_age", "log_rotation_size"),
    *("log_truncate_on_rotation", "logging_collector", "pg_failover_slots.primary_dsn"),
    *("pg_failover_slots.standby_slot_names", "port", "primary_conninfo", "primary_slot_name"),
    *("promote_trigger_file", "recovery_end_command", "recovery_min_apply_delay"),
    *("recovery_target", "recovery_target_action", "recovery_target_inclusive"),
    *("recovery_target_lsn", "recovery_target_name", "recovery_target_time"),
    *("recovery_target_timeline", "recovery_target_xid", "restart_after_crash"),
    *("restore_command", "shared_preload_libraries", "ssl", "ssl_ca_file", "ssl_cert_file"),
    *("ssl_crl_file", "ssl_dh_params_file", "ssl_ecdh_curve", "ssl_key_file"),
    *("ssl_passphrase_command", "ssl_passphrase_command_supports_reload"),
    *("ssl_prefer_server_ciphers", "stats_temp_directory", "synchronized_standby_slots"),
    *("synchronous_standby_names", "syslog_facility", "syslog_ident", "syslog_sequence_numbers"),
    *("syslog_split_messages", "temp_tablespaces", "unix_socket_directories"),
    *("unix_socket_group", "unix_socket_permissions"),
)
"""FixedConfigurationParameters, by name."""
OF_PGTWIN = (
    *("allow_alter_system", "archive_library", "archive_timeout", "full_page_writes"),
    *("password_encryption", "wal_level", "wal_log_hints"),
)
"""Set by pgtwin, from a field of its own or since a promotion needs it; the webhook takes them.
Beside archive_command an archive_library archives nothing (PostgreSQL's pgarch.c,
LoadArchiveLibrary)."""
OF_THE_OPERATOR_S_OWN = "cnpg"
"""What the names begin with by which it keeps its own state in PostgreSQL's file (cloudnative-pg
v1.30.0 pkg/postgres/configuration.go, CreatePostgresqlConfFile). The webhook takes them, and the
instance then reads the user's."""
NOT_IN_THE_IMAGE = ("pg_failover_slots", "pgaudit")
"""Extensions that CloudNativePG would preload when a setting of theirs is there, and that the
`minimal` image does not have: PostgreSQL would not start."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?", re.ASCII)
_SIZE = re.compile(r" *(?:(\d{1,12}) *(B)|(\d{1,9}(?:\.\d{1,6})?) *(kB|MB|GB|TB))", re.ASCII)
_BARE = re.compile(r"[1-9]\d{0,5}", re.ASCII)
_MIB = {"B": 1 / 1024**2, "kB": 1 / 1024, "MB": 1, "GB": 1024, "TB": 1024**2}
_WAL_SIZES = ("min_wal_size", "max_wal_size")
_KEPT_WAL = {"max_slot_wal_keep_size", "wal_keep_size"}
_SMALLEST_WAL_MIB = 80
"""PostgreSQL's default of min_wal_size."""


def values(topology: "Topology") -> Iterator[Problem]:
    major = topology.database.postgres
    for field, parameters in _sources(topology).items():
        yield from _said_twice(field, parameters)
        for name, value in sorted(parameters.items()):
            why = (
                _owned(name) or _unfit(name, value) or postgres_settings.why_not(major, name, value)
            )
            if why:
                yield Problem(fields=(f"{field}.{name}",), allowed=why)


def _said_twice(field: str, parameters: Mapping[str, str]) -> Iterator[Problem]:
    by_name: dict[str, list[str]] = {}
    for name in sorted(parameters):
        by_name.setdefault(name.lower(), []).append(name)
    for names in by_name.values():
        if len(names) > 1:
            yield Problem(
                fields=tuple(f"{field}.{name}" for name in names),
                allowed="one of them: PostgreSQL reads a name in any case, and takes the last",
            )


def _owned(name: str) -> str | None:
    # PostgreSQL reads names in any case, the webhook compares them as they are written.
    lower = name.lower()
    extension, dot, _ = lower.partition(".")
    if not _NAME.fullmatch(name):
        return "the name of a setting of PostgreSQL's, with one dot at most"
    if lower in OF_CLOUDNATIVE_PG:
        return "not a parameter to set here: CloudNativePG sets it"
    if lower in OF_PGTWIN:
        return "not a parameter to set here: pgtwin sets it"
    if dot and extension == OF_THE_OPERATOR_S_OWN:
        return f"not a parameter to set here: CloudNativePG keeps {extension}. for its own state"
    if dot and extension in NOT_IN_THE_IMAGE:
        return f"not a parameter to set here: the image does not have {extension}"
    return None


def _unfit(name: str, value: str) -> str | None:
    """What the webhook or pgtwin reads itself, and in fewer forms than PostgreSQL."""
    if name in HOT_STANDBY_PARAMETERS and not WHOLE_NUMBER.fullmatch(value):
        return f"a whole number in quotes, without a 0 before it, not {given(value)}"
    sizes = {"shared_buffers": mib, **dict.fromkeys(_WAL_SIZES, wal_mib)}
    if name in sizes and sizes[name](value) is None:
        return f"a size with B, kB, MB, GB or TB, such as 512MB, not {given(value)}"
    if name.lower() == "track_activities" and not postgres_settings.is_on(value):
        return f"on: pgtwin sees there what waits for a standby, not {given(value)}"
    if name.lower() == "default_transaction_read_only" and postgres_settings.is_on(value):
        return (
            "off: CloudNativePG makes roles and the database as every session does, "
            f"not {given(value)}"
        )
    if name.lower() == "default_transaction_isolation" and value.lower() == "serializable":
        return f"another level: a standby answers no session of this one, not {given(value)}"
    return None


def wal_sizes(topology: "Topology") -> Iterator[Problem]:
    volume_mib = topology.database.wal_gib * 1024
    for name, _ in topology.sites():
        parameters = topology.parameters(name)
        most = wal_mib(parameters.get("max_wal_size", f"{volume_mib * 2 // 5}MB"))
        least = wal_mib(parameters.get("min_wal_size", f"{_SMALLEST_WAL_MIB}MB"))
        if least is not None and most is not None and least >= most:
            yield Problem(
                fields=(f"{name}.parameters.min_wal_size", f"{name}.parameters.max_wal_size"),
                allowed=f"a min_wal_size below the max_wal_size, which is {most:g}MB here, not "
                f"{least:g}MB",
            )
        for parameter, size in (("min_wal_size", least), ("max_wal_size", most)):
            if parameter in parameters and size is not None and size >= volume_mib:
                yield Problem(
                    fields=(f"{name}.parameters.{parameter}", "database.wal_gib"),
                    allowed=f"less than the volume of the WAL, {topology.database.wal_gib}GB, not "
                    f"{parameters[parameter]}",
                )


def wal_kept(topology: "Topology") -> Iterator[Problem]:
    """What is kept for others is kept beside what checkpoints need."""
    volume_mib = topology.database.wal_gib * 1024
    for name, _ in topology.sites():
        parameters = topology.parameters(name)
        most = wal_mib(parameters.get("max_wal_size", f"{volume_mib * 2 // 5}MB"))
        for parameter in sorted(parameters.keys() & _KEPT_WAL):
            kept = number(topology, parameter, parameters[parameter])
            if most is None or kept is None or most >= volume_mib or 0 <= kept < volume_mib - most:
                continue
            yield Problem(
                fields=(f"{name}.parameters.{parameter}", "database.wal_gib"),
                allowed=f"less than {volume_mib - most:g}MB, the space that max_wal_size leaves "
                f"free on the WAL volume, not {parameters[parameter]}",
            )


def number(topology: "Topology", name: str, value: str) -> float | None:
    """A value as PostgreSQL reads it, in the setting's own unit; None where it is no number."""
    return postgres_settings.settings(topology.database.postgres)[name].number(value)


def _sources(topology: "Topology") -> dict[str, Mapping[str, str]]:
    return {
        "database.parameters": topology.database.parameters,
        "primary.parameters": topology.primary.parameters,
        "dr.parameters": topology.dr.parameters,
    }


def mib(text: str) -> float | None:
    """A size as both read it, in MiB; None where it has no unit or is none.

    A bare number is 8 KiB pages of shared_buffers to PostgreSQL, and MiB to CloudNativePG
    (v1.30.0 internal/webhook/v1/cluster_webhook.go, parsePostgresQuantityValue).
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        return None
    number, unit = (each for each in found.groups() if each)
    return float(number) * _MIB[unit]


def wal_mib(text: str) -> float | None:
    """Likewise of WAL, where a bare number is MiB to both."""
    return float(text) if _BARE.fullmatch(text) else mib(text)
