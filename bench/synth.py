"""What the app costs beyond what nobody can avoid.

The floor imports the same AWS modules and synthesises two empty stacks, without the context of
cdk.json: its strict validation refuses a stack without resources. The app runs as the CDK CLI runs
it. They run in turn, so that a busy machine slows both alike.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from drill.options import Options, count
from stacks import own_node

ROOT = Path(__file__).parent.parent
LIMIT = 1.5
"""The promise: synth takes at most this many times the floor."""


def main() -> int:
    """Print medians and their ratio; exit 1 above the limit."""
    parser = Options("bench.synth", __doc__)
    parser.add_config()
    parser.add_argument("--runs", type=count, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        floor = Path(scratch) / "floor.py"
        floor.write_text(_floor(), encoding="utf-8")
        programs = {"floor": floor, "app": ROOT / "app.py"}
        contexts = {"floor": {}, "app": {**_context(), "config": str(arguments.config.path)}}
        seconds: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(arguments.runs + 1):
            for name, program in programs.items():
                seconds[name].append(_run(program, Path(scratch) / name, contexts[name]))
    return _report({name: values[1:] for name, values in seconds.items()})


def _floor() -> str:
    listing = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, stacks.primary_stack, stacks.dr_stack; print(*sys.modules)",
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    modules = sorted(name for name in listing.stdout.split() if name.count(".") == 1)
    imports = "".join(f"import {name}\n" for name in modules if name.startswith("aws_cdk.aws_"))
    stacks = "app = aws_cdk.App()\naws_cdk.Stack(app, 'A')\naws_cdk.Stack(app, 'B')\napp.synth()\n"
    return f"import aws_cdk\n{imports}{stacks}"


def _context() -> dict[str, Any]:
    context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return context


def _run(program: Path, out: Path, context: dict[str, Any]) -> float:
    environment = {
        **os.environ,
        own_node.VARIABLE: own_node.own_node(),
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps(context),
    }
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, str(program)],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def _report(seconds: dict[str, list[float]]) -> int:
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    ratio = medians["app"] / medians["floor"]
    print(f"{'':8}{'median':>9}{'fastest':>9}{'slowest':>9}   {len(seconds['app'])} runs, warm")
    for name, values in seconds.items():
        print(f"{name:8}{medians[name]:8.2f}s{min(values):8.2f}s{max(values):8.2f}s")
    print(f"{'ratio':8}{ratio:8.2f}    at most {LIMIT}")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
