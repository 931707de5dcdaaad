"""`python -m topology FILE`: judge a configuration; silent when it is good, exit 2 when not."""

import sys
from pathlib import Path

from topology.load import load
from topology.refused import Refused


def main(arguments: list[str]) -> int:
    """Print a line for each problem of the file; return the exit code."""
    path = Path(arguments[0] if arguments else "config/default.yaml")
    try:
        load(path)
    except Refused as refused:
        for problem in refused.problems:
            print(f"{path}: {problem}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
