"""`python -m drill.losses`: what `drill/losses/command.py` does.

The rest is imported behind these lines, as in `drill/__main__.py`.
"""

import sys

from drill.terminal import Terminal, run


def main(terminal: Terminal) -> int:
    """Play and report; the exit code."""
    from drill.losses import command

    return command.main(sys.argv[1:], terminal)


if __name__ == "__main__":
    run(main)
