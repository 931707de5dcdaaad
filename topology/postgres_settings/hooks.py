"""What PostgreSQL's check hooks and its start judge beyond type and range, by setting.

`pg_settings` does not tell it. Each rule is the function of PostgreSQL's source that is named
beside it, or less: a text that the image or a machine has no use for stays refused. A test asks a
real server about every setting.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\\]")
"""The operator writes a value between quotes and doubles those in it alone. A new line ends the
file's syntax there, and a backslash changes what follows (guc-file.l, STRING)."""


@dataclass(frozen=True, kw_only=True)
class Number:
    """Which numbers of a setting's range are taken, in its own unit."""

    said: str
    least: float = float("-inf")
    most: float = float("inf")
    multiple: int = 1
    also: tuple[float, ...] = ()

    def takes(self, number: float) -> bool:
        """Whether the start survives it."""
        fits = self.least <= number <= self.most and number % self.multiple == 0
        return fits or number in self.also


@dataclass(frozen=True, kw_only=True)
class Text:
    """Which texts are taken."""

    said: str
    pattern: re.Pattern[str]

    def takes(self, text: str) -> bool:
        """Whether the start survives it."""
        return self.pattern.fullmatch(text) is not None


def _one_of(*words: str, said: str = "one of {}") -> Text:
    pattern = "|".join(map(re.escape, words))
    return Text(said=said.format(", ".join(words)), pattern=re.compile(pattern, re.IGNORECASE))


def _some_of(*words: str, alone: str = "") -> Text:
    word = "|".join(map(re.escape, words))
    pattern = rf"{alone}|\s*(({word})(\s*,\s*({word}))*)?\s*"
    said = f"some of {', '.join(words)}, with commas between them"
    return Text(said=said, pattern=re.compile(pattern, re.IGNORECASE | re.ASCII))


def _joined(word: str, *, said: str) -> Text:
    return Text(said=said, pattern=re.compile(rf"({word})(:({word}))*"))


def _path(own: str) -> Text:
    pattern = rf"(/[^:]*:)*{re.escape(own)}(:/[^:]*)*"
    said = f"folders with colons between them, one of them {own}: else no extension is found"
    return Text(said=said, pattern=re.compile(pattern))


def _time_zones() -> tuple[str, ...]:
    text = resources.files(__package__).joinpath("time_zones.txt").read_text(encoding="utf-8")
    lines = (line.split() for line in text.split("\n") if not line.startswith("#"))
    return tuple(name for line in lines for name in line)


TIME_ZONES = _time_zones()
_SLRU = Number(said="a multiple of 16", multiple=16)
"""slru.c, check_slru_buffers."""
_SEGMENTS = Number(said="at least 32MB, two segments of the WAL", least=32)
"""xlog.c, ReadControlFile."""
_LOCALE = _one_of("C", "POSIX", "C.UTF-8", said="one of {}: the image has no other locale")
"""pg_locale.c, check_locale_*."""
_ZONE = Text(
    said="UTC or a zone such as Europe/Berlin",
    pattern=re.compile("|".join(map(re.escape, TIME_ZONES))),
)
"""variable.c, check_timezone and check_log_timezone."""
_IDENTIFIER = r'("[^"]+"|[^\s",]+)'

RULES: Mapping[str, Number | Text] = {
    **dict.fromkeys(("commit_timestamp_buffers", "multixact_member_buffers"), _SLRU),
    **dict.fromkeys(("multixact_offset_buffers", "notify_buffers"), _SLRU),
    **dict.fromkeys(("serializable_buffers", "subtransaction_buffers"), _SLRU),
    "transaction_buffers": _SLRU,
    "io_max_concurrency": Number(said="-1, or at least 1", least=1, also=(-1,)),  # aio.c
    "max_stack_depth": Number(  # stack_depth.c
        said="at most 7680kB: the stack has 8 MiB", most=7680
    ),
    "vacuum_buffer_usage_limit": Number(  # vacuum.c
        said="0, or 128kB to 16GB", least=128, most=16 * 1024**2, also=(0,)
    ),
    "min_wal_size": _SEGMENTS,
    "max_wal_size": _SEGMENTS,
    "huge_pages": _one_of("try", "off", "false", "no", "0", said="try or off: no machine has any"),
    **dict.fromkeys(("lc_messages", "lc_monetary", "lc_numeric", "lc_time"), _LOCALE),
    **dict.fromkeys(("TimeZone", "log_timezone"), _ZONE),
    "timezone_abbreviations": _one_of("Default", "Australia", "India"),  # variable.c
    "DateStyle": Text(  # variable.c, check_datestyle
        said="one of ISO, SQL, Postgres, German, with DMY, MDY or YMD after a comma",
        pattern=re.compile(
            r"(ISO|SQL|Postgres|German)(\s*,\s*(DMY|MDY|YMD))?|DMY|MDY|YMD", re.IGNORECASE
        ),
    ),
    "log_connections": _some_of(  # backend_startup.c, of 18
        *("receipt", "authentication", "authorization", "setup_durations", "all"),
        alone="on|off|true|false|yes|no|1|0",
    ),
    "client_encoding": _one_of("UTF8", said="UTF8: a client that wants another says so"),
    "createrole_self_grant": _some_of("set", "inherit"),  # user.c
    "restrict_nonsystem_relation_kind": _some_of("view", "foreign-table"),  # postgres.c
    "debug_io_direct": _some_of("data", "wal", "wal_init"),  # fd.c
    "wal_consistency_checking": _some_of(  # xlog.c, and rmgrlist.h
        *("all", "heap2", "heap", "btree", "hash", "gin", "gist", "sequence", "spgist", "brin"),
        "generic",
    ),
    "backtrace_functions": Text(  # elog.c
        said="names of functions with commas between them", pattern=re.compile(r"[\w, ]*", re.ASCII)
    ),
    "default_table_access_method": _one_of("heap", said="heap: the image has no other"),
    "search_path": Text(  # namespace.c, and varlena.c, SplitIdentifierString
        said="names of schemas with commas between them",
        pattern=re.compile(rf"\s*(|{_IDENTIFIER}(\s*,\s*{_IDENTIFIER})*)\s*"),
    ),
    "session_preload_libraries": _some_of("auto_explain"),
    "dynamic_library_path": _path("$libdir"),  # dfmgr.c, load_external_function
    "extension_control_path": _path("$system"),  # extension.c, get_extension_control_directories
    "local_preload_libraries": _one_of("", said="nothing: the image has no such library"),
    "ssl_crl_dir": _one_of("", said="nothing: no client's certificate would be taken"),
    # be-secure-openssl.c, be_tls_init: names that the image's OpenSSL 3.5 has.
    "ssl_groups": _joined(
        "X25519|X448|prime256v1|secp384r1|secp521r1",
        said="some of X25519, X448, prime256v1, secp384r1, secp521r1, with colons between them",
    ),
    "ssl_tls13_ciphers": _joined(
        "|TLS_AES_256_GCM_SHA384|TLS_AES_128_GCM_SHA256|TLS_CHACHA20_POLY1305_SHA256",
        said="some of TLS_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256, TLS_CHACHA20_POLY1305_SHA256,"
        " with colons between them",
    ),
    "ssl_ciphers": _joined(
        "HIGH|(ECDHE|DHE)-(ECDSA|RSA)-(AES256-GCM-SHA384|AES128-GCM-SHA256|CHACHA20-POLY1305)"
        "|(?<=:)(MEDIUM|[!+-](3DES|MEDIUM|aNULL|eNULL|MD5|RC4|SHA1|kRSA|PSK))",
        said="HIGH, or suites such as ECDHE-RSA-AES256-GCM-SHA384, with colons between them",
    ),
}
