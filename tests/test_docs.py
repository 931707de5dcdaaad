"""Documents are held to the code: every command in them exists, every link leads somewhere.

A fenced block marked `console` holds commands as a user types them; `console aws` marks those that
only a real account can answer. Both are parsed here; what they do is tested where they are.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer

from pgtwin.__main__ import app
from tests.host_verbs import options_of_verbs, verbs

ROOT = Path(__file__).parents[1]
DOCS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
_BLOCK = re.compile(r"^ *```console( aws)?\n(.*?)^ *```", re.M | re.S)
_ITEM = re.compile(r"^ *(?:\d+\.|[-*]) ")
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_OURS = "bench|charts|docs|drill|host|pgtwin|stacks|supply_chain|tests|topology"
_PATH = re.compile(rf"`((?:{_OURS})/[\w/.-]*(?:\.\w+|/))`")
README_LINES = 150
TOOLS_OF_OTHERS = {"aws", "cd", "cdk", "df", "git", "kubectl", "psql", "sudo"}
"""Not ours to check; a name that is missing here is a spelling mistake or a new dependency."""


def _commands(*, offline: bool = False) -> Iterator[tuple[str, str]]:
    for path in DOCS:
        for block in _BLOCK.finditer(path.read_text(encoding="utf-8")):
            if offline and block[1]:
                continue
            for line in block[2].replace("\\\n", " ").splitlines():
                typed = line.strip()
                if typed.startswith("$ "):
                    yield str(path.relative_to(ROOT)), typed.removeprefix("$ ").partition("  #")[0]


COMMANDS = sorted(set(_commands()))
OFFLINE = sorted({command for _, command in _commands(offline=True) if "pgtwin " in command})


def _leaves() -> Iterator[str]:
    top = typer.main.get_command(app)
    assert isinstance(top, typer.core.TyperGroup)
    for name, command in top.commands.items():
        inner = command.commands if isinstance(command, typer.core.TyperGroup) else {"": command}
        yield from (f"{name} {each}".strip() for each in inner)


LEAVES = sorted(_leaves())


def _targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", makefile, re.M))


@pytest.mark.parametrize(("document", "command"), COMMANDS)
def test_every_command_in_a_document_exists(document: str, command: str) -> None:
    words = shlex.split(command)

    if words[0] == "make":
        targets = [word for word in words[1:] if "=" not in word]
        assert targets
        assert set(targets) <= _targets(), document
    elif words[0].endswith("pgtwin"):
        _parse(words[1:])
    elif words[:2] == ["sudo", "pgtwin-host"]:
        assert find_spec(f"host.verbs.{words[2]}"), document
    else:
        assert words[0] in TOOLS_OF_OTHERS, document


@pytest.mark.parametrize("command", OFFLINE)
def test_a_command_that_is_not_marked_runs_without_aws(command: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}

    done = subprocess.run(
        shlex.split(command),
        cwd=ROOT,
        env={**environment, "HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout


def _parse(words: list[str]) -> None:
    command = typer.main.get_command(app)
    context = command.make_context("pgtwin", list(words))
    while isinstance(command, typer.core.TyperGroup):
        name, command_, rest = command.resolve_command(
            context, [*context._protected_args, *context.args]
        )
        assert command_ is not None
        command = command_
        context = command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file(path: Path) -> None:
    for target in _LINK.findall(path.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("#"):
            assert (path.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_site_shows_a_list_as_one(path: Path) -> None:
    assert not list(_ends_of_lists(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "broken",
    [
        "1. Look.\n\n   ```console\n",
        "1. Look.\n\n   Wait.\n",
        "Two:\n- one\n",
        "```\na\n```\n- b\n",
    ],
)
def test_a_list_that_the_site_would_not_show_as_one_is_found(broken: str) -> None:
    assert list(_ends_of_lists(broken))


def _ends_of_lists(text: str) -> Iterator[str]:
    """Lines that GitHub takes for part of a list, or for its beginning, and mkdocs does not."""
    before, fenced, loose = "", False, False
    for line in text.splitlines():
        blank = len(line) - len(line.lstrip())
        if not fenced and not before and 0 < blank < len("1.  "):
            yield f"four blanks before: {line.strip()}"
        if not fenced and before and _ITEM.match(line) and _ends(before, loose=loose and not blank):
            yield f"an empty line before: {line}"
        loose = (loose or (not before and blank > 0)) and (blank > 0 or not line)
        fenced, before = fenced != line.startswith("```"), line


def _ends(before: str, *, loose: bool) -> bool:
    return loose or not (before.startswith("  ") or _ITEM.match(before))


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_names_is_there(path: Path) -> None:
    named = set(_PATH.findall(path.read_text(encoding="utf-8")))

    assert not {name for name in named if not (ROOT / name).exists()}


def test_every_verb_of_the_machines_has_a_row_in_the_interfaces_with_all_its_options() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|(.*)$", (ROOT / "docs/interfaces.md").read_text(), re.M)
    said = {name: rest for names, rest in rows for name in re.findall(r"`(\w+)`", names)}

    assert not verbs() - said.keys()
    for verb, options in options_of_verbs().items():
        missing = [option for option in options if option not in said[verb]]
        assert not missing, verb


def test_the_steps_of_a_boot_are_those_of_the_document_in_their_order() -> None:
    taken = re.findall(r'_step\("([^"]+)"', (ROOT / "host/verbs/boot.py").read_text())
    table = (ROOT / "docs/deploy.md").read_text().partition("| step | does | never |")[2]
    rows = re.findall(r"^\| ([^|]+) \|", table.partition("\n\n")[0], re.M)

    assert [step for row in rows if row != "---" for step in row.split(", ")] == taken


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_is_in_a_document(name: str) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]

    assert any(f"pgtwin {name}" in page.read_text(encoding="utf-8") for page in pages)


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES


def test_there_are_commands_to_check() -> None:
    assert len(COMMANDS) > len(["make drill", "make test"])
