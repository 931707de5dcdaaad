"""The pools that are tried: all by the alias, psycopg and JDBC by both sites' names as well."""

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from drill.traffic.pooled.application import Pool

_HERE = Path(__file__).parent
_JARS = tuple(
    Path("/usr/share/java") / f"{name}.jar" for name in ("postgresql", "HikariCP", "slf4j-api")
)
_PROGRAMS: Mapping[str, str] = {
    "pgbouncer": "pgbouncer",
    "javac": "default-jdk-headless",
    "setpriv": "util-linux",
    "unshare": "util-linux",
}
"""Debian's package of each."""
_JARS_FROM = ("libpostgresql-jdbc-java", "libhikaricp-java")
_JVM_NAMES_SECONDS = 5
"""A JVM keeps an address for 30 s if nobody says otherwise (networkaddress.cache.ttl, JDK 17)."""


def missing() -> str:
    """What to install so that every pool can be tried; empty where nothing is missing."""
    packages = [package for program, package in _PROGRAMS.items() if not shutil.which(program)]
    if not all(jar.exists() for jar in _JARS):
        packages += _JARS_FROM
    return f"not tried - run: apt-get install {' '.join(packages)}" if packages else ""


def pools(alias: str | None, both: str, password: str) -> tuple[Pool, ...]:
    """Every pool; `alias` and `both` are the connection strings that `pgtwin connect` prints.

    None for the first where the alias does not lead to the writer yet.
    """
    variables = {"PGPASSWORD": password}

    def pool(name: str, argv: Sequence[str]) -> Pool:
        return Pool(name=name, argv=argv, variables=variables)

    by_both = (
        pool("psycopg-both", _module("psycopg_program", both)),
        pool("jdbc-both", _java(both)),
    )
    if alias is None:
        return by_both
    return (
        *by_both,
        pool("psycopg-alias", _module("psycopg_program", alias)),
        pool("jdbc-alias", _java(alias)),
        pool("pgbouncer-alias", _module("pgbouncer_program", *_bouncer(alias))),
    )


def jdbc_url(uri: str) -> str:
    """The same connection in JDBC's words."""
    given = conninfo_to_dict(uri)
    both = zip(str(given["host"]).split(","), str(given["port"]).split(","), strict=True)
    hosts = ",".join(f"{host}:{port}" for host, port in both)
    options = {
        "sslmode": given["sslmode"],
        "targetServerType": "primary",
        "connectTimeout": 3,
        "socketTimeout": 10,
        "hostRecheckSeconds": 2,
        "tcpKeepAlive": "true",
        **({"sslrootcert": given["sslrootcert"]} if "sslrootcert" in given else {}),
    }
    said = "&".join(f"{name}={value}" for name, value in options.items())
    return f"jdbc:postgresql://{hosts}/{given['dbname']}?{said}"


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"drill.traffic.pooled.{name}", *arguments]


def _java(uri: str) -> list[str]:
    return [
        "java",
        f"-Dsun.net.inetaddr.ttl={_JVM_NAMES_SECONDS}",
        "-cp",
        ":".join(map(str, _JARS)),
        str(_HERE / "HikariProgram.java"),
        jdbc_url(uri),
        str(conninfo_to_dict(uri)["user"]),
    ]


def _bouncer(uri: str) -> list[str]:
    given = conninfo_to_dict(uri)
    wanted = ("user", "host", "port", "dbname", "sslmode", "sslrootcert")
    return [str(given.get(name, "")) for name in wanted]
