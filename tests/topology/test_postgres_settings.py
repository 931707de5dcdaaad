"""The lists of settings, and how a value is read, are those of real servers."""

import pytest

from drill.operator.processes import CONTRIB
from drill.postgres_settings import Oracle
from topology.postgres_settings import settings, why_not
from topology.versions import POSTGRES_IMAGES

VALUES = [
    *(("work_mem", text) for text in ("8MB", " 8 MB ", "8mb", "010", "08", "0x100", "0x10", "1e5")),
    *(("work_mem", text) for text in ("1.5MB", "1.5", "64.4kB", "63.4kB", "lots", "", "8 s")),
    *(("work_mem", text) for text in ("1e400", "1e400kB", "-1e400", "9" * 400, "0x" + "f" * 400)),
    *(("random_page_cost", text) for text in ("1e400", "9" * 400, "1e308", "1e-400", "0e-400")),
    *(("max_connections", text) for text in ("200", "262143", "262144", "0", "1B", "20.6", "-1")),
    *(
        ("random_page_cost", text)
        for text in ("1e-1", "1.1", "nan", "-1", "0x10", ".5", "5.", "1s")
    ),
    *(("archive_timeout", text) for text in ("1min", "0.5min", "1 d", "1us", "1w", "1073741824")),
    *(("vacuum_cost_delay", text) for text in ("1us", "100", "101", "0.1s")),
    *(("min_wal_size", text) for text in ("5", "1GB", "31MB", "31kB")),
    *(("hot_standby", text) for text in ("o", "of", "ON", "tru", "yes", "2")),
    *(("wal_level", text) for text in ("Replica", "hot_standby", "lots", "minimal")),
    *(("wal_compression", text) for text in ("on", "pglz", "true", "TRUE", "lots")),
    *(("ssl_min_protocol_version", text) for text in ("TLSv1.3", "tlsv1.2", "TLSV1.1", "SSLv3")),
    *(("log_min_messages", text) for text in ("debug", "warning", "loud")),
]


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Oracle:
    """The server of the contrib extensions: of the release that is pinned."""
    return Oracle(CONTRIB / "bin", tmp_path_factory.mktemp("settings"))


def test_the_list_of_18_is_what_the_server_of_that_release_says(oracle: Oracle) -> None:
    said, listed = oracle.said(), settings(18)

    assert said.keys() == listed.keys()
    for name, each in said.items():
        limits = (each["type"], each.get("unit"), each.get("min", 0), each.get("max", 0))
        found = listed[name]
        assert (found.type, found.unit, found.min, found.max) == limits, name
        assert set(each.get("values", ())) <= set(found.values), name


@pytest.mark.parametrize(("name", "value"), VALUES, ids=str)
def test_a_value_is_read_as_the_server_reads_it(oracle: Oracle, name: str, value: str) -> None:
    assert settings(18)[name].takes(value) == oracle.takes(name, value)


@pytest.mark.parametrize("major", POSTGRES_IMAGES)
def test_every_word_of_the_list_is_taken_in_any_case(major: int) -> None:
    for name, setting in settings(major).items():
        for word in setting.values:
            assert setting.takes(word), name
            assert setting.takes(word.swapcase()), name


@pytest.mark.parametrize("major", POSTGRES_IMAGES)
def test_every_pinned_major_version_has_a_list(major: int) -> None:
    assert len(settings(major)) > 300


def test_what_only_one_of_two_versions_takes_is_told_apart() -> None:
    assert why_not(18, "io_method", "worker") is None
    assert "17" in (why_not(17, "io_method", "worker") or "")
    assert why_not(18, "log_connections", "receipt") is None
    assert "a boolean" in (why_not(17, "log_connections", "receipt") or "")


def test_a_setting_of_an_extension_is_taken_with_any_value() -> None:
    assert why_not(18, "auto_explain.log_min_duration", "lots") is None


def test_a_word_that_the_image_is_built_with_is_taken() -> None:
    assert why_not(18, "wal_compression", "zstd") is None
    assert why_not(18, "default_toast_compression", "lz4") is None
