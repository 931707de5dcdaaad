"""The script of the SSM document, run by sh: `mountpoint` and the host program are doubles."""

import subprocess
from pathlib import Path

import pytest

from host.machine.paths import PROGRAM
from stacks.host_document import SCRIPT

FAILS = 3
"""What the host program ends with."""


def run(folder: Path, *, mounted: bool, verb: str, bundle: str = "") -> tuple[int, str]:
    """The exit code and what was printed, on a machine whose volume is mounted or not."""
    for name, script in (
        ("mountpoint", f'[ "$*" = "--quiet /data" ] && exit {0 if mounted else 32}'),
        ("pgtwin-host", f'echo "ran $*"; exit {FAILS}'),
    ):
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    text = "\n".join(SCRIPT).replace(PROGRAM, str(folder / "pgtwin-host"))
    for name, value in (("verb", verb), ("arguments", ""), ("bundle", bundle)):
        text = text.replace(f"{{{{ {name} }}}}", value)
    ended = subprocess.run(
        ["sh", "-c", text],
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout


def test_a_new_bundle_is_applied_by_a_server_that_has_its_volume(tmp_path: Path) -> None:
    assert run(tmp_path, mounted=True, verb="apply", bundle="0a1b") == (FAILS, "ran apply\n")


def test_a_server_that_waits_for_its_volume_fails_no_deployment(tmp_path: Path) -> None:
    code, printed = run(tmp_path, mounted=False, verb="apply", bundle="0a1b")

    assert (code, "its boot applies the bundle" in printed) == (0, True)


@pytest.mark.parametrize("mounted", [True, False])
def test_what_a_person_asks_for_is_run_wherever_it_is(tmp_path: Path, *, mounted: bool) -> None:
    assert run(tmp_path, mounted=mounted, verb="status") == (FAILS, "ran status\n")
