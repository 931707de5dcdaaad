"""`python -m topology [FILE]`: judge a configuration; silent when it is good, exit 2 when not."""

import argparse
import sys
from pathlib import Path

from topology.load import load
from topology.refused import Refused


def main(arguments: list[str]) -> int:
    """Print a line for each problem of the file; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m topology", description=__doc__)
    parser.add_argument(
        "file", nargs="?", type=Path, default=Path("config/default.yaml"), metavar="FILE"
    )
    path: Path = parser.parse_args(arguments).file
    try:
        load(path)
    except Refused as refused:
        for problem in refused.problems:
            print(f"{path}: {problem}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
