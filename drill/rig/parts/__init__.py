"""The real parts of the rig, built on first use and kept in a cache outside the checkout.

`build(names)` gives the folder of each part: `build(["kubernetes"])["kubernetes"] / "bin/kubectl"`.
`python -m drill.rig.parts` does the same from the command line, `--clean` removes all of them.
`catalogue/` lists the parts; `versions` and `stand_ins` tell of them.
"""

from drill.rig.parts.build import MissingPrerequisitesError, build, lacking
from drill.rig.parts.inventory import stand_ins, versions
from drill.rig.parts.workspace import PartNotBuiltError

__all__ = [
    "MissingPrerequisitesError",
    "PartNotBuiltError",
    "build",
    "lacking",
    "stand_ins",
    "versions",
]
