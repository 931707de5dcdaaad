"""Both regions of the system as one CDK application.

The bundles are built by a process of their own while this one loads the AWS modules and defines
what does not depend on them.
"""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from stacks import own_node
from stacks.bundle import Bundle
from topology.load import load
from topology.names import STACK_IDS
from topology.refused import Refused
from topology.rules.when_built import refuse_to_build
from topology.topology import Topology

BUILD = "build"
"""Where bundles and manifests go unless `--context build=...` names another folder: two runs side
by side must not share one."""
NODE_OPTIONS = "--v8-pool-size=1"
"""V8's helper threads compile ahead what a process of seconds never runs, and its end waits for
them: a seventh of the processor time, a tenth of the time (`make bench`, two cores)."""


def main() -> int:
    """Synthesise the file that `--context config=...` names; the exit code."""
    config = _context("config") or "config/default.yaml"
    build = Path(_context("build") or BUILD)
    with subprocess.Popen([sys.executable, "-m", "stacks", config, str(build)]) as bundles:
        try:
            topology = load(Path(config))
        except Refused:
            return bundles.wait()  # that process says why
        try:
            refuse_to_build(topology)
        except Refused as refused:
            for problem in refused.problems:
                print(f"{config}: {problem}", file=sys.stderr)  # noqa: T201
            return 2
        _synthesize(topology, build, lambda: _built(bundles))
    return bundles.returncode


def _built(bundles: subprocess.Popen[bytes]) -> None:
    # What went wrong was said by that process; there is nothing to synthesise without bundles.
    if code := bundles.wait():
        sys.exit(code)


def _context(key: str) -> str | None:
    # Where cdk.App reads it too; asking the App would first load the CDK.
    value: str | None = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}")).get(key)
    return value


def _synthesize(topology: Topology, build: Path, wait: Callable[[], None]) -> None:
    import aws_cdk as cdk

    from stacks.dr_stack import DrStack
    from stacks.primary_stack import PrimaryStack

    app = cdk.App()
    bundle = Bundle(path=build / "bundle-primary.zip", wait=wait)
    PrimaryStack(app, STACK_IDS["primary"], topology=topology, bundle=bundle)
    bundle = Bundle(path=build / "bundle-dr.zip", wait=wait)
    # No dependency on the primary: DR's machines themselves wait for its first base backup.
    DrStack(app, STACK_IDS["dr"], topology=topology, bundle=bundle)
    app.synth()


if __name__ == "__main__":
    os.environ.setdefault("NODE_OPTIONS", NODE_OPTIONS)
    os.environ.setdefault(own_node.VARIABLE, own_node.own_node())
    gc.disable()  # a process of seconds; the collector would walk the CDK's classes again and again
    sys.exit(main())
