"""`python -m charts --config FILE --out DIR`: the manifests of both sites, without the CDK."""

import argparse
import sys
from pathlib import Path

from charts.manifests import synthesize
from topology.load import load
from topology.refused import Refused
from topology.site import SITES


def main(arguments: list[str]) -> int:
    """Write DIR/<site>/*.yaml and print their paths; exit 2 when the configuration is refused."""
    parser = argparse.ArgumentParser(prog="python -m charts", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("config/default.yaml"))
    parser.add_argument("--out", type=Path, default=Path("build/manifests"))
    options = parser.parse_args(arguments)
    try:
        topology = load(options.config)
    except Refused as refused:
        for problem in refused.problems:
            print(f"{options.config}: {problem}", file=sys.stderr)  # noqa: T201
        return 2
    for site in SITES:
        for path in synthesize(topology, site, options.out / site):
            print(path)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
