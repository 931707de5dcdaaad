"""Whatever a file holds, it is a configuration or is refused: a line per problem, no traceback."""

import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from topology.load import KNOWN_GOOD, load, parse
from topology.refused import Refused

UNREADABLE = [
    ("alarm_email: 2026-13-45", "timestamp"),
    ("alarm_email: 2026-11-27T99:00:00Z", "timestamp"),
    ("{2026-13-01: 1}", "timestamp"),
    ("writer: " + "9" * 5000, "int"),
    ("writer: 0x" + "f" * 5000, "int"),
    ("database: {storage_gib: 99999999999999999999}", "int"),
    ('writer: !!int "abc"', "int"),
    ('writer: !!int ""', "int"),
    ('writer: !!float "abc"', "float"),
    ("writer: !!bool 7", "bool"),
]
LINES = [
    ('{"a\\nb": 1}', r"a\nb: unknown key"),
    ('{"a\\u2028b": 1}', r"a\u2028b: unknown key"),
    ("writer: &x [*x]", "writer: input should be 'primary' or 'dr', not [["),
    ("writer: " + "a" * 100_000, "writer: input should be 'primary' or 'dr', not 'aaa"),
    ('{"a\\ud800": 1}', "the file: input should be a valid string"),
]
TAGS = ("", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!binary", "!!set", "!!omap")
SCALARS = st.one_of(
    st.from_regex(
        r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ][0-9]{1,2}:[0-9]{2}:[0-9]{2})?", fullmatch=True
    ),
    st.from_regex(r"[-+]?(0x|0o|0b)?[0-9a-f_]{1,30}([.e:][0-9]{0,4})?", fullmatch=True),
    st.sampled_from(["", "yes", "~", ".inf", ".nan", "<<", "[a, b]", "{a: b}", '"\\ud800"']),
)


def said(path: Path, text: str) -> list[str]:
    """The lines that a user would read of a file with this text."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as refused:
        load(path)
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize(("text", "kind"), UNREADABLE)
def test_a_value_that_is_not_what_it_looks_like_is_refused_by_its_line(
    tmp_path: Path, text: str, kind: str
) -> None:
    assert said(tmp_path / "config.yaml", f"# a comment\n{text}\n") == [
        f"the file: must be valid YAML (line 2: this is no {kind} that can be read)"
    ]


@pytest.mark.parametrize(("text", "line"), LINES)
def test_a_strange_key_or_value_is_shown_on_one_short_line(
    tmp_path: Path, text: str, line: str
) -> None:
    found = [each for each in said(tmp_path / "config.yaml", text) if each.startswith(line)]

    assert len(found) == 1
    assert found[0].isprintable()
    assert len(found[0]) < 400


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    key=st.sampled_from(["name", "database", "dr", "rpo", "x"]),
    tag=st.sampled_from(TAGS),
    text=SCALARS,
)
def test_whatever_the_value_of_a_key_is_every_problem_is_one_printable_line(
    tmp_path: Path, key: str, tag: str, text: str
) -> None:
    lines = said(tmp_path / "config.yaml", f"{key}: {tag} {text}\n")

    assert lines
    assert all(line.isprintable() for line in lines)


def test_a_date_where_a_text_belongs_is_refused_by_its_field() -> None:
    document = load(KNOWN_GOOD).model_dump(mode="python")

    with pytest.raises(Refused) as refused:
        parse({**document, "name": datetime.date(2026, 11, 27)})

    assert [problem.fields for problem in refused.value.problems] == [("name",)]
