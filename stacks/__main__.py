"""`python -m stacks CONFIG BUILD`: bundles, policies and user-data, without the AWS modules."""

import argparse
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


def main(arguments: list[str]) -> int:
    """Build what the topology in CONFIG needs beside its templates, below the folder BUILD.

    It says what is wrong with a configuration for `app.py` too, which starts it.
    """
    parser = argparse.ArgumentParser(prog="python -m stacks", description=__doc__)
    parser.add_argument("config", type=Path, metavar="CONFIG")
    parser.add_argument("build", type=Path, metavar="BUILD")
    given = parser.parse_args(arguments)
    try:
        topology = load(given.config)
    except Refused as refused:
        for problem in refused.problems:
            print(f"{given.config}: {problem}", file=sys.stderr)  # noqa: T201
        return 2
    for site in SITES:
        build_bundle(topology, site, given.build)
    write_policies(topology, given.build / "policies")
    shutil.copyfile(USER_DATA, given.build / "user-data.sh")
    return 0


if __name__ == "__main__":
    gc.disable()  # as in app.py
    sys.exit(main(sys.argv[1:]))
