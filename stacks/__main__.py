"""`python -m stacks CONFIG BUILD`: bundles, policies and user-data, without the AWS modules."""

import gc
import shutil
import sys
from pathlib import Path

from stacks.build_bundle import build_bundle
from stacks.policies import write_policies
from stacks.user_data import USER_DATA
from topology.load import load
from topology.refused import Refused
from topology.site import SITES


def main(config: str, build: str) -> int:
    """Build what the topology in `config` needs beside its templates, below the folder `build`.

    What is wrong with a configuration is said by `app.py`, which starts this.
    """
    try:
        topology = load(Path(config))
    except Refused:
        return 2
    for site in SITES:
        build_bundle(topology, site, Path(build))
    write_policies(topology, Path(build) / "policies")
    shutil.copyfile(USER_DATA, Path(build) / "user-data.sh")
    return 0


if __name__ == "__main__":
    gc.disable()  # as in app.py
    sys.exit(main(*sys.argv[1:]))
