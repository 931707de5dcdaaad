"""The matrix is red when a command lies."""

import json
from pathlib import Path

import pytest

from drill.failures.__main__ import main

SAYS_DONE = "print('failover to dr: done')\n"


@pytest.mark.slow
def test_a_failover_that_says_done_and_promotes_nobody_makes_the_matrix_red(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    liar, out = tmp_path / "pgtwin", tmp_path / "failures.json"
    liar.write_text(SAYS_DONE)

    code = main(
        [
            *("--program", str(liar), "--out", str(out), "--workers", "1"),
            *("--command", "failover", "--mode", "refused", "--region", "primary"),
            *("--moments", "before"),
        ]
    )

    assert code == 1
    found = json.loads(out.read_text())
    assert found["wrong"] == 1
    assert found["cells"][0]["outcome"] == "done, and dr does not write"
    assert "wrong: failover, primary refused before" in capsys.readouterr().out
