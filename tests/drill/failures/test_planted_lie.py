"""The matrix is red when a command lies."""

import json
from pathlib import Path

import pytest

from drill.failures.__main__ import main

SAYS_DONE = "print('failover to dr: done')\n"
FENCES_NOBODY = """
from dataclasses import replace

from pgtwin import failover, old_writer
from pgtwin.__main__ import main


def always_done(make):
    return lambda self: replace(make(self), done=lambda: True)


for owner, name in ((failover._Steps, "fence"), (old_writer.OldWriter, "look_again")):
    setattr(owner, name, always_done(getattr(owner, name)))
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "region", "outcome"),
    [
        (SAYS_DONE, "primary", "done, and dr does not write"),
        (FENCES_NOBODY, "us-east-1", "done, and two sites write"),
    ],
    ids=["promotes nobody", "fences nobody"],
)
def test_a_failover_that_says_done_and_did_not_do_it_makes_the_matrix_red(
    program: str, region: str, outcome: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    liar, out = tmp_path / "pgtwin", tmp_path / "failures.json"
    liar.write_text(program)

    code = main(
        [
            *("--program", str(liar), "--out", str(out), "--workers", "1"),
            *("--command", "failover", "--mode", "refused", "--region", region),
            *("--moments", "before"),
        ]
    )

    assert code == 1
    found = json.loads(out.read_text())
    assert found["wrong"] == 1
    assert found["cells"][0]["outcome"] == outcome
    assert f"wrong: failover, {region} refused before" in capsys.readouterr().out
