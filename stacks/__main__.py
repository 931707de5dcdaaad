"""`python -m stacks CONFIG BUILD`: the bundles of both sites, without loading the AWS modules."""

import sys
from pathlib import Path

from stacks.build_bundle import build_bundle
from topology.load import load
from topology.site import SITES


def main(config: str, build: str) -> None:
    """Build the bundles of the topology in `config` below the folder `build`."""
    topology = load(Path(config))
    for site in SITES:
        build_bundle(topology, site, Path(build))


if __name__ == "__main__":
    main(*sys.argv[1:])
