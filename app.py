"""Both regions of the system as one CDK application.

The bundles are built by a process of their own while this one loads the AWS modules, which takes
longer than all the rest.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from stacks.bundle import Bundle
from topology.load import load
from topology.refused import Refused
from topology.topology import Topology

BUILD = "build"
"""Where bundles and manifests go unless `--context build=...` names another folder: two runs side
by side must not share one."""


def main() -> int:
    """Synthesise the file that `--context config=...` names; the exit code."""
    config = _context("config") or "config/default.yaml"
    build = Path(_context("build") or BUILD)
    try:
        topology = load(Path(config))
    except Refused as refused:
        for problem in refused.problems:
            print(f"{config}: {problem}", file=sys.stderr)  # noqa: T201
        return 2
    with subprocess.Popen([sys.executable, "-m", "stacks", config, str(build)]) as bundles:
        import stacks.dr_stack
        import stacks.primary_stack  # noqa: F401
    if bundles.returncode == 0:
        _synthesize(topology, build)
    return bundles.returncode


def _context(key: str) -> str | None:
    # Where cdk.App reads it too; asking the App would first load the CDK.
    value: str | None = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}")).get(key)
    return value


def _synthesize(topology: Topology, build: Path) -> None:
    import aws_cdk as cdk

    from stacks.dr_stack import DrStack
    from stacks.primary_stack import PrimaryStack

    app = cdk.App()
    bundle = Bundle(path=build / "bundle-primary.zip")
    primary = PrimaryStack(app, "PrimaryStack", topology=topology, bundle=bundle)
    bundle = Bundle(path=build / "bundle-dr.zip")
    dr = DrStack(app, "DrStack", topology=topology, bundle=bundle)
    dr.add_stack_dependency(primary, "DR restores the first base backup of the primary")
    app.synth()


if __name__ == "__main__":
    sys.exit(main())
