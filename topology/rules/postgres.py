"""PostgreSQL settings that both sites can run with, and versions that are safe."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.problem import Problem
from topology.site import SiteName

if TYPE_CHECKING:
    from topology.topology import Topology

HOT_STANDBY_PARAMETERS = {
    "max_connections": 100,
    "max_worker_processes": 32,
    "max_wal_senders": 10,
    "max_prepared_transactions": 0,
    "max_locks_per_transaction": 64,
}
"""A standby refuses to start when one of these is lower than on the writer. PostgreSQL's defaults,
but for max_worker_processes, which CloudNativePG sets to 32."""
FEWEST_CONNECTIONS = 20
"""CloudNativePG, its metrics, replication and the dump need about ten of them."""
OWNED_PARAMETERS = (
    *("archive_command", "archive_mode", "archive_timeout", "cluster_name", "data_directory"),
    *("full_page_writes", "hba_file", "hot_standby", "listen_addresses", "password_encryption"),
    *("port", "primary_conninfo", "primary_slot_name", "recovery_min_apply_delay"),
    *("restore_command", "ssl", "ssl_ca_file", "ssl_cert_file", "ssl_key_file"),
    *("synchronous_standby_names", "unix_socket_directories", "wal_level", "wal_log_hints"),
)
"""Set by CloudNativePG, whose webhook refuses them (its FixedConfigurationParameters), or by
pgtwin from a field of its own."""


def hot_standby(topology: "Topology") -> Iterator[Problem]:
    for parameter, default in HOT_STANDBY_PARAMETERS.items():
        values: dict[SiteName, int] = {}
        for name, _ in topology.sites():
            text = topology.parameters(name).get(parameter, str(default))
            if not text.isdecimal():
                yield Problem(
                    fields=(f"{name}.parameters.{parameter}",),
                    allowed=f"a whole number in quotes, not {text!r}",
                )
                return
            values[name] = int(text)
        if values["dr"] < values["primary"]:
            yield Problem(
                fields=(f"dr.parameters.{parameter}",),
                allowed=f"at least {values['primary']}, the primary's value: a standby refuses to "
                f"start with less, not {values['dr']}",
            )


def connections(topology: "Topology") -> Iterator[Problem]:
    text = topology.parameters("primary").get("max_connections", "100")
    if text.isdecimal() and int(text) < FEWEST_CONNECTIONS:
        yield Problem(
            fields=("database.parameters.max_connections",),
            allowed=f"at least {FEWEST_CONNECTIONS} in quotes, not {text!r}",
        )


def owned_parameters(topology: "Topology") -> Iterator[Problem]:
    sources = {
        "database.parameters": topology.database.parameters,
        "primary.parameters": topology.primary.parameters,
        "dr.parameters": topology.dr.parameters,
    }
    for field, parameters in sources.items():
        for name in sorted(parameters.keys() & set(OWNED_PARAMETERS)):
            yield Problem(
                fields=(f"{field}.{name}",),
                allowed="not a parameter to set here: CloudNativePG or pgtwin sets it",
            )


def versions(topology: "Topology") -> Iterator[Problem]:
    reason = topology.versions.known_bad()
    if reason:
        yield Problem(
            fields=("versions.plugin_barman_cloud", "versions.chart_plugin_barman_cloud"),
            allowed=f"v0.14.0 with chart 0.7.1, or later than v0.15.0 with its own chart: {reason}",
        )
