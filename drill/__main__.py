"""`python -m drill`: what `drill/command.py` does, ending in a sentence whatever happens.

The rest is imported behind these lines, so that an interruption or a warning of an import meets
them too.
"""

import sys

from drill.terminal import Terminal, run


def main(terminal: Terminal) -> int:
    """Play the drill; the exit code."""
    from drill import command

    return command.main(sys.argv[1:], terminal)


if __name__ == "__main__":
    run(main)
