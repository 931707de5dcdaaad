"""The settings that a real PostgreSQL takes from a file: `python -m drill.postgres_settings BIN`.

Writes `topology/postgres_settings/MAJOR.json`: what a server of its own says of itself in
`pg_settings`, with the words for values that it takes and does not name. Nothing is started: a
single-user session answers, and `postgres -C` judges.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from drill.operator.processes import unprivileged

FOLDER = Path(__file__).parents[1] / "topology" / "postgres_settings"
_SETTINGS = """
copy (select json_object_agg(name, json_strip_nulls(json_build_object('type', vartype, 'unit', unit,
  'min', min_val::numeric, 'max', max_val::numeric, 'values', enumvals)) order by name)
  from pg_settings where context <> 'internal') to '{path}';
"""
_UNNAMED = (
    *("true", "false", "yes", "no", "1", "0", "on", "off"),
    *("debug", "info", "fatal", "panic", "archive", "hot_standby"),
)
"""Other words for values, which `pg_settings` does not name (guc_tables.c, `hidden`)."""


class Oracle:
    """One installation of PostgreSQL, with data of its own in a folder."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        self._data = folder / "data"
        self._folder = folder
        initdb = ("initdb", "-D", str(self._data), "-U", "postgres", "--no-sync")
        self._run(*initdb).check_returncode()

    def version(self) -> str:
        """Such as `18.6`."""
        return str(self._run("postgres", "--version").stdout.split()[2])

    def said(self) -> dict[str, dict[str, Any]]:
        """`pg_settings`, by name."""
        path = self._folder / "settings.json"
        sql = " ".join(_SETTINGS.format(path=path).split())
        single = ("--single", "-D", str(self._data), "postgres")
        self._run("postgres", *single, stdin=sql).check_returncode()
        found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def takes(self, name: str, value: str) -> bool:
        """Whether it would start with this setting in its file."""
        return not self.refusal({name: value})

    def refusal(self, settings: Mapping[str, str]) -> str:
        """What it says instead of starting with all of these; "" where it starts.

        They are written as the operator writes them (cloudnative-pg v1.30.0
        pkg/postgres/configuration.go, CreatePostgresqlConfFile).
        """
        quoted = {name: value.replace("'", "''") for name, value in settings.items()}
        lines = [f"{name} = '{value}'\n" for name, value in quoted.items()]
        (self._data / "postgresql.auto.conf").write_text("".join(lines), encoding="utf-8")
        asked = self._run("postgres", "-D", str(self._data), "-C", "port")
        return asked.stderr or "no reason" if asked.returncode else ""

    def _run(self, program: str, *arguments: str, stdin: str = "") -> Any:
        return subprocess.run(
            unprivileged([str(self._binaries / program), *arguments]),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )


def described(oracle: Oracle) -> dict[str, Any]:
    """The whole document."""
    found = oracle.said()
    for name, each in found.items():
        if each["type"] == "enum":
            more = [word for word in _UNNAMED if word not in each["values"]]
            each["values"] += [word for word in more if oracle.takes(name, word)]
    return {"version": oracle.version(), "settings": found}


def text_of(document: dict[str, Any]) -> str:
    """A line per setting."""
    lines = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(each)}" for name, each in document["settings"].items()
    )
    return f'{{"version": {json.dumps(document["version"])}, "settings": {{\n{lines}\n}}}}\n'


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="postgres-settings-") as folder:
        made = described(Oracle(Path(sys.argv[1]), Path(folder)))
    path = FOLDER / f"{made['version'].partition('.')[0]}.json"
    path.write_text(text_of(made), encoding="utf-8")
