"""Settings that PostgreSQL takes one by one, and does not start with together."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from topology.postgres_settings import is_on, settings
from topology.refused import Problem
from topology.rules.parameters import number
from topology.rules.postgres import HOT_STANDBY_PARAMETERS, in_effect
from topology.site import SiteName

if TYPE_CHECKING:
    from topology.topology import Topology

_MOST_PROCESSES = 262_143
_BACKENDS = ("max_connections", "max_worker_processes", "max_wal_senders")
_STAGES = ("log_executor_stats", "log_parser_stats", "log_planner_stats")
_ALL_STAGES = "log_statement_stats"
_RESERVED = {"superuser_reserved_connections": "3", "reserved_connections": "0"}
"""Connections that not everybody gets, with PostgreSQL's defaults."""
_TLS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_OPERATORS_TLS = "TLSv1.3"
"""Both ends of the range where nothing is set (cloudnative-pg v1.30.0
pkg/postgres/configuration.go)."""


def reserved_connections(topology: "Topology") -> Iterator[Problem]:
    for name, _ in topology.sites():
        most, kept = connections(topology, name)
        judged = most is not None and _RESERVED.keys() & topology.parameters(name).keys()
        if judged and kept >= (most or 0):
            yield Problem(
                fields=tuple(f"{name}.parameters.{each}" for each in _RESERVED),
                allowed=f"together less than max_connections, {most:g}, or PostgreSQL does not "
                "start",
            )


def connections(topology: "Topology", site: SiteName) -> tuple[float | None, float]:
    """How many a site has, None where that is no number; how many are reserved for some users."""
    parameters = topology.parameters(site)
    most = number(topology, "max_connections", in_effect(topology, site, "max_connections"))
    kept = (number(topology, each, parameters.get(each, few)) for each, few in _RESERVED.items())
    return most, sum(each or 0 for each in kept)


def processes(topology: "Topology") -> Iterator[Problem]:
    """PostgreSQL's postinit.c, InitializeMaxBackends, and procnumber.h, MAX_BACKENDS."""
    counted, launchers = _counted(topology.database.postgres)
    most = _MOST_PROCESSES - launchers
    for name, _ in topology.sites():
        parameters = topology.parameters(name)
        found = [
            number(topology, each, parameters.get(each, str(default))) or 0
            for each, default in counted.items()
        ]
        if max(found) <= _MOST_PROCESSES and sum(found) > most:
            yield Problem(
                fields=tuple(f"{name}.parameters.{each}" for each in counted),
                allowed=f"together at most {most}, or PostgreSQL does not start, not "
                f"{sum(found):g}",
            )


def _counted(major: int) -> tuple[dict[str, int], int]:
    """What counts as a process, with its default, and how many there are beside these: the launcher
    of autovacuum and, since 18, what synchronises slots.
    """
    sessions = {each: HOT_STANDBY_PARAMETERS[each] for each in _BACKENDS}
    if "autovacuum_worker_slots" in settings(major):
        return {**sessions, "autovacuum_worker_slots": 16}, 2
    return {**sessions, "autovacuum_max_workers": 3}, 1


def statistics_in_the_log(topology: "Topology") -> Iterator[Problem]:
    """PostgreSQL's postgres.c, check_log_stats and check_stage_log_stats."""
    for name, _ in topology.sites():
        parameters = topology.parameters(name)
        both = [each for each in _STAGES if is_on(parameters.get(each, ""))]
        if both and is_on(parameters.get(_ALL_STAGES, "")):
            yield Problem(
                fields=tuple(f"{name}.parameters.{each}" for each in (_ALL_STAGES, *both)),
                allowed=f"{_ALL_STAGES} or {', '.join(both)}: PostgreSQL starts with one of them",
            )


def tls_versions(topology: "Topology") -> Iterator[Problem]:
    """PostgreSQL's be-secure-openssl.c, be_tls_init."""
    ends = ("ssl_min_protocol_version", "ssl_max_protocol_version")
    for name, _ in topology.sites():
        parameters = topology.parameters(name)
        least, most = (_tls(parameters.get(each, _OPERATORS_TLS)) for each in ends)
        if least is not None and most is not None and least > most:
            yield Problem(
                fields=tuple(f"{name}.parameters.{each}" for each in ends),
                allowed=f"{ends[0]} no newer than {ends[1]}; without one it is {_OPERATORS_TLS}, "
                f"not {_TLS[least]} and {_TLS[most]}",
            )


def _tls(version: str) -> int | None:
    """How new a version is; None for an end that is open, or none."""
    known = [each.lower() for each in _TLS]
    return known.index(version.lower()) if version.lower() in known else None
