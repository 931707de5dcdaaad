"""cdk.json has every flag of the CDK, also those of services that are not used here: the CLI warns
of each that is not configured, at every synth and deploy.

What a flag does to the templates is in docs/golden/, and that they can do without any in test_app.
"""

import json
import os
import subprocess
from pathlib import Path

from tests.stacks.synthesised import ROOT


def test_synth_warns_of_no_flag_that_is_not_configured(tmp_path: Path) -> None:
    bins = [ROOT / ".venv/bin", ROOT / "node_modules/.bin"]
    path = os.pathsep.join([*map(str, bins), os.environ["PATH"]])
    done = subprocess.run(
        ["cdk", "synth", "--quiet", "--context", "config=config/lab.yaml", "--output", tmp_path],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "feature flags" not in done.stdout + done.stderr


def test_the_flags_are_sorted_so_that_one_of_a_new_cdk_is_seen() -> None:
    names = list(json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"])

    assert names == sorted(names)
