"""The program as a whole: what it costs to carry and to ask, and how it answers."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
VERBS = (
    *("boot", "apply", "ready", "status", "report", "upgrade", "demote", "promote", "follow"),
    *("fence", "unfence", "backup", "dump", "restore"),
)


def program(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "host", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_lists_every_verb_in_half_a_second_of_processor_time() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    shown = program("--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert all(f"    {verb} " in shown.stdout for verb in VERBS)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def test_does_not_load_boto3_before_it_is_needed() -> None:
    code = "import sys, host.__main__ as it; it._parser(); sys.exit('boto3' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 0


def test_every_verb_has_its_module_with_a_run() -> None:
    code = f"from importlib import import_module as m; [m('host.verbs.' + v).run for v in {VERBS}]"

    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [("promote",), ("promote", "--token", "x", "--without-token"), ("demote", "--to", "mars"), ()],
)
def test_wrong_arguments_are_refused_with_exit_code_2(arguments: tuple[str, ...]) -> None:
    refused = program(*arguments)

    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_a_refusal_is_json_on_stdout_and_a_line_on_stderr(tmp_path: Path) -> None:
    refused = program("--root", str(tmp_path), "status")

    assert refused.returncode == 2
    assert json.loads(refused.stdout)["exit_code"] == 2
    assert "no bundle on this machine yet - run: pgtwin-host boot" in refused.stderr
    assert "Traceback" not in refused.stderr
