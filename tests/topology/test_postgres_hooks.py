"""What the loader takes of every setting, a real PostgreSQL starts with; what it refuses, not."""

from collections.abc import Iterator

import pytest

from drill.operator.processes import CONTRIB
from drill.postgres_settings import Oracle
from tests.loader import loads
from topology.postgres_settings import Setting, settings, why_not
from topology.postgres_settings.hooks import TIME_ZONES
from topology.rules.parameters import OF_CLOUDNATIVE_PG, OF_PGTWIN
from topology.versions import POSTGRES_IMAGES

NARROWER = {
    "no other exists in the image": (
        *("default_table_access_method", "local_preload_libraries", "session_preload_libraries"),
        *("lc_monetary", "lc_numeric", "lc_time"),
    ),
    "no machine has them": ("huge_pages",),
    "the server of the tests is built without TLS": (
        *("ssl_ciphers", "ssl_groups", "ssl_tls13_ciphers", "ssl_crl_dir"),
    ),
    "judged where an extension is made": ("dynamic_library_path", "extension_control_path"),
    "judged after -C has answered": ("min_wal_size", "max_wal_size", "wal_consistency_checking"),
    "one spelling is enough": (
        *("DateStyle", "TimeZone", "log_timezone", "client_encoding", "search_path"),
    ),
}
"""Why the loader refuses of these more than the server that is asked."""
BUILT_WITHOUT = {("default_toast_compression", "lz4"), ("wal_compression", "lz4")}
BUILT_WITHOUT |= {("wal_compression", "zstd")}
"""The server that is asked; the image is built with them."""
NOT_TOGETHER = ("log_executor_stats", "log_parser_stats", "log_planner_stats")
OWNED = (*OF_CLOUDNATIVE_PG, *OF_PGTWIN)
TEXTS = (
    *("", "foo", "a b", "-1", "0", "on", "none", "'", "$user, public", "a,b", "ä", ",", "UTC"),
    *("en_US", 'lots of, "x', 'x"', "all", "data, wal", "SET,inherit", "view , foreign-table"),
    *("receipt,authorization", "on, receipt", "Default", "ISO, DMY", "ISO, SQL", "heap, btree"),
    *("Europe/Berlin", "GMT", "C", "C.UTF-8", "UTF8", "auto_explain", "heap", "f_1, g", " set "),
    *("HIGH", "X25519", "$libdir", "$system"),
)


def asked() -> Iterator[tuple[str, Setting]]:
    """Every setting of 18 that a configuration may name."""
    yield from ((name, each) for name, each in settings(18).items() if name.lower() not in OWNED)


def values(setting: Setting) -> list[str]:
    """Both ends of a setting, what is beside them, every word, and what is odd."""
    if setting.type == "string":
        return list(TEXTS)
    if setting.type == "bool":
        return ["on", "OFF", "1", "tr", "2"]
    if setting.type == "enum":
        return [*setting.values, ""]
    low, high = setting.min, setting.max
    within = (low, high, low + 1, high - 1, (low + high) // 2, 0, -1, 1, 10, 16, 17, 96, 128)
    beyond = () if setting.type == "real" else (low - 1, high + 1)
    units = ("1MB", "64kB", "128kB", "1s", "1min", "7680kB", "7681kB") if setting.unit else ()
    return list(dict.fromkeys([*(f"{each:.12g}" for each in (*within, *beyond)), *units]))


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Oracle:
    """A server of the release that is pinned."""
    return Oracle(CONTRIB / "bin", tmp_path_factory.mktemp("settings"))


def test_the_server_starts_with_every_value_that_the_loader_takes(oracle: Oracle) -> None:
    taken = {
        name: [
            value
            for value in values(each)
            if why_not(18, name, value) is None and (name, value) not in BUILT_WITHOUT
        ]
        for name, each in asked()
    }

    for place in range(max(map(len, taken.values()))):
        together = {name: each[place] for name, each in taken.items() if place < len(each)}
        for name in NOT_TOGETHER:
            alone = together.pop(name, None)
            assert alone is None or oracle.takes(name, alone), (name, alone)
        assert oracle.refusal(together) == ""
    assert min(map(len, taken.values())) > 0


def test_the_server_starts_with_no_value_that_the_loader_refuses(oracle: Oracle) -> None:
    narrower = {name for names in NARROWER.values() for name in names}
    wrongly = [
        (name, value)
        for name, each in asked()
        if name not in narrower
        for value in values(each)
        if why_not(18, name, value) is not None and oracle.takes(name, value)
    ]

    assert wrongly == []


@pytest.mark.parametrize("value", ["8MB\n", "8\nMB", "8MB\\", "\\8MB", "\x00", "8MB\x1f", "\x7f"])
@pytest.mark.parametrize("name", ["work_mem", "application_name", "auto_explain.log_format"])
def test_what_a_file_of_settings_cannot_hold_is_refused(name: str, value: str) -> None:
    assert not loads(parameters={name: value})


@pytest.mark.parametrize("value", ["text\n", "text\\"])
def test_the_server_cannot_read_it_either(oracle: Oracle, value: str) -> None:
    assert not oracle.takes("application_name", value)


def test_every_time_zone_of_the_list_is_known_to_the_server(oracle: Oracle) -> None:
    assert len(TIME_ZONES) > 400
    for zone in TIME_ZONES[::20]:
        assert oracle.takes("TimeZone", zone), zone


TOGETHER = [
    ({"log_statement_stats": "on", "log_parser_stats": "on"}, False),
    ({"log_statement_stats": "on", "log_parser_stats": "off"}, True),
    ({"log_statement_stats": "tru", "log_executor_stats": "1"}, False),
    ({"log_planner_stats": "on", "log_executor_stats": "on"}, True),
]


@pytest.mark.parametrize(("parameters", "taken"), TOGETHER, ids=str)
def test_what_is_not_taken_together_is_refused(
    oracle: Oracle, parameters: dict[str, str], taken: bool
) -> None:
    assert (oracle.refusal(parameters) == "") == taken
    assert loads(parameters=parameters) == taken


@pytest.mark.parametrize(
    ("parameters", "taken"),
    [
        ({"ssl_max_protocol_version": "TLSv1.2"}, False),
        ({"ssl_min_protocol_version": "TLSv1.2", "ssl_max_protocol_version": "TLSv1.2"}, True),
        ({"ssl_min_protocol_version": "TLSv1.2"}, True),
        ({"ssl_max_protocol_version": ""}, True),
        ({"huge_pages": "on"}, False),
        ({"huge_pages": "try"}, True),
        ({"archive_library": "basic_archive"}, False),
        ({"min_wal_size": "16MB"}, False),
        ({"min_wal_size": "32MB"}, True),
        ({"max_wal_size": "1.5GB"}, True),
        ({"max_wal_size": "1024"}, True),
        ({"max_wal_size": "0x400"}, False),
        ({"ssl_groups": "X25519:prime256v1"}, True),
        ({"ssl_groups": "nonsense"}, False),
        ({"ssl_ciphers": "HIGH:MEDIUM:+3DES:!aNULL"}, True),
        ({"ssl_ciphers": "nonsense"}, False),
        ({"ssl_ciphers": "!aNULL"}, False),
        ({"session_preload_libraries": "nonsense"}, False),
        ({"track_activities": "off"}, False),
        ({"track_activities": "yes"}, True),
        ({"wal_receiver_status_interval": "0"}, False),
        ({"wal_receiver_status_interval": "1min"}, False),
        ({"wal_receiver_status_interval": "2s"}, True),
        ({"wal_receiver_timeout": "60s"}, True),
        ({"client_encoding": "LATIN1"}, False),
    ],
    ids=str,
)
def test_what_no_server_of_the_tests_judges_is_judged_by_its_source(
    parameters: dict[str, str], taken: bool
) -> None:
    assert loads(parameters=parameters) == taken


@pytest.mark.parametrize("major", POSTGRES_IMAGES)
def test_a_truth_of_an_older_version_is_no_list_of_words(major: int) -> None:
    assert why_not(major, "log_connections", "on") is None
    assert why_not(major, "log_connections", "maybe") is not None
