"""What somebody meets who has never used `pgtwin`, or mistypes."""

import re
import resource
import typing

import pytest
import typer

from pgtwin.__main__ import COMMANDS, app
from tests.pgtwin.conftest import run_pgtwin

HELP_SECONDS = 0.4
LEAVES = [
    *([name.replace("_", "-")] for name in COMMANDS if name not in ("dump", "backup")),
    *(["dump", name] for name in ("now", "list", "get", "restore")),
    *(["backup", name] for name in ("now", "list")),
]
WRONG = [
    (["switchover"], "--to"),
    (["switchover", "--to", "mars"], "mars"),
    (["failover", "--to", "dr", "--yes-lose-up-to", "soon", "--dry-run"], "such as 60s"),
    (["failback"], "--site"),
    (["failback", "--site", "primary", "--release", "--stay"], "without --stay"),
    (["failback", "--site", "dr", "--from-archive", "--stay"], "without --stay"),
    (["failback", "--site", "dr", "--from-archive", "--release"], "without --stay, --from-archive"),
    (["failback", "--site", "primary", "--release", "--yes-delete", "x"], "and --yes-delete"),
    (["record"], "--writer"),
    (["restore", "--at", "yesterday", "--into", "x"], "such as 2026-11-22T09:30:00Z"),
    (["restore", "--at", "2026-11-22T09:30:00", "--into", "x"], "with a zone"),
    (["restore", "--at", "2126-11-22T09:30:00Z", "--into", "x"], "in the past"),
    (["restore", "--at", "0001-01-01T00:00:00+14:00", "--into", "x"], "with a zone"),
    *(
        (["restore", "--at", "2026-11-22T09:30:00Z", "--dry-run", "--into", name], said)
        for name, said in (
            ("postgres-cluster", "own cluster"),
            ("postgres-cluster-dr", "own cluster"),
            ("Before_Mistake", "lower-case"),
            ("x.y", "lower-case"),
            ("1abc", "beginning with a letter"),
            ("a" * 48, "1 to 47"),
            ("verify-1", "a verification deletes"),
        )
    ),
    *(
        (["dump", "restore", "20261122T040000Z", "--dry-run", "--into", name], said)
        for name, said in (
            ("app_db", "in use"),
            ("postgres", "in use"),
            ("host=elsewhere", "lower-case"),
            ("a" * 64, "1 to 63"),
        )
    ),
    (["dump", "get", "20261122T040000Z", "--to", "docs"], "does not exist yet"),
    (["dump", "get", "../20261122T040000Z", "--to", "new"], "DUMP: an id such as"),
    (["dump", "restore", "newest\n", "--into", "x", "--dry-run"], "DUMP: an id such as"),
    (["dump", "restore", "20261122T040000Z", "--into", "x", "--jobs", "99"], "--jobs"),
    (["connect", "--port", "80"], "--port"),
    (["replace", "--site", "mars", "--machine", "agent-1"], "mars"),
    (["replace", "--site", "primary"], "--machine"),
    (["roll", "--site", "primary"], "--image"),
    (["rotate-credentials", "--user", "nobody"], "nobody"),
    *(
        ([*command, "PrimaryStack DrStak"], "PrimaryStack or DrStack, or both, not 'DrStak'")
        for command in (
            ("prepare-destroy", "--stacks"),
            ("protect", "--stacks"),
            ("doctor", "--before-deploy"),
        )
    ),
    (["status", "--config", "/does/not/exist.yaml"], "exist.yaml"),
    (["cost", "--config", "Makefile"], "valid YAML"),
    (["destroy-everything"], "destroy-everything"),
]


def test_help_starts_at_once() -> None:
    run_pgtwin("--help")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    shown = run_pgtwin("--help")

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert shown.returncode == 0
    # Processor time, because a machine that is busy with other tests says nothing about pgtwin.
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used < HELP_SECONDS


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_help_has_an_example_that_parses_fits_80_columns_and_breaks_no_name(
    words: list[str],
) -> None:
    command, context = _find(words)

    with context:
        text = command.get_help(context)

    example = text.partition("Example: pgtwin ")[2]
    assert example, "no example"
    assert max(map(len, text.splitlines())) <= 80
    assert not re.search(r"\w-\s", text), "a name is broken at its hyphen"
    leaf, inner = _find(words)
    leaf.make_context(words[-1], example.split()[len(words) :], parent=inner.parent)


def test_the_list_of_commands_cuts_no_summary_short() -> None:
    command, context = _find([])

    with context:
        listed = command.get_help(context).partition("Commands:")[2]

    assert "doctor" in listed
    assert "..." not in listed


@pytest.mark.parametrize(("words", "named"), WRONG, ids=str)
def test_wrong_input_names_itself_and_shows_no_traceback(words: list[str], named: str) -> None:
    answer = run_pgtwin(*words)

    assert answer.returncode == 2, answer.stderr
    assert named in answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""


DRY = [
    ["switchover", "--to", "dr"],
    ["failover", "--to", "dr"],
    ["failback", "--site", "primary", "--stay"],
    ["record", "--writer", "primary"],
    ["restore", "--at", "2026-11-22T09:30:00Z", "--into", "x"],
    ["upgrade"],
    ["upgrade", "--postgres"],
    ["replace", "--site", "primary", "--machine", "agent-1"],
    ["roll", "--site", "dr", "--image", "newest"],
    ["rotate-credentials"],
    ["dump", "now"],
    ["backup", "now"],
    ["dump", "get", "20261122T040000Z", "--to", "build/no-such-folder"],
    ["dump", "restore", "20261122T040000Z", "--into", "app_db_before"],
    ["verify"],
    ["connect"],
    ["rotate-certificates"],
    ["protect"],
    ["prepare-destroy"],
]
LOOKS_FIRST = {"link", "pin-ami"}
"""Their dry run asks AWS; docs/operate.md names them."""
CHANGES_NOTHING = {"status", "report", "doctor", "cost", "dump list", "backup list"}


def test_every_other_command_has_a_dry_run_that_needs_no_aws() -> None:
    dry = {" ".join(words).partition(" -")[0].removesuffix(" 20261122T040000Z") for words in DRY}

    assert dry | LOOKS_FIRST | CHANGES_NOTHING == {" ".join(words) for words in LEAVES}


@pytest.mark.parametrize("words", DRY, ids=" ".join)
def test_a_dry_run_needs_no_aws_and_says_how_to_undo_each_step(words: list[str]) -> None:
    shown = run_pgtwin(*words, "--dry-run", environment={"PATH": "/usr/bin:/bin"})

    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("plan: ")
    assert shown.stdout.count("   undo:    ") == shown.stdout.count("   changes: ") > 0


def _find(words: list[str]) -> tuple[typing.Any, typing.Any]:
    command: typing.Any = typer.main.get_command(app)
    context = command.context_class(command, info_name="pgtwin", terminal_width=80)
    for word in words:
        command = command.commands[word]
        context = command.context_class(
            command, info_name=word, parent=context, terminal_width=80, max_content_width=80
        )
    return command, context
