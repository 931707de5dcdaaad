"""Both regions of the system as one CDK application."""

import sys
from pathlib import Path

import aws_cdk as cdk

from stacks.dr_stack import DrStack
from stacks.primary_stack import PrimaryStack
from topology.load import load
from topology.refused import Refused


def main() -> int:
    """Synthesise the file that `--context config=...` names; the exit code."""
    app = cdk.App()
    config = Path(app.node.try_get_context("config") or "config/default.yaml")
    try:
        topology = load(config)
    except Refused as refused:
        for problem in refused.problems:
            print(f"{config}: {problem}", file=sys.stderr)  # noqa: T201
        return 2
    primary = PrimaryStack(app, "PrimaryStack", topology=topology, build=Path("build"))
    dr = DrStack(app, "DrStack", topology=topology, build=Path("build"))
    dr.add_stack_dependency(primary, "DR restores the first base backup of the primary")
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
