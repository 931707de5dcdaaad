"""The real parts of the rig, built on first use and kept in a cache outside the checkout.

`build(names)` gives the folder of each part: `build(["kubernetes"])["kubernetes"] / "bin/kubectl"`.
`python -m drill.rig.parts` does the same from the command line. `catalogue.py` lists the parts.
"""

from drill.rig.parts.build import MissingPrerequisitesError, build
from drill.rig.parts.workspace import PartNotBuiltError

__all__ = ["MissingPrerequisitesError", "PartNotBuiltError", "build"]
