"""`python -m drill`: what `drill/command.py` does, ending in a sentence whatever happens.

Everything else is imported behind these lines, so that an interruption or a warning of an import
meets them too. The process ends without Python's own end, which waits for threads.
"""

import os
import sys

from drill.terminal import Terminal, interrupt_once

INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Play the drill; the exit code."""
    terminal = Terminal()
    interrupt_once()
    try:
        from drill import command

        return command.main(arguments, terminal)
    except SystemExit as end:
        return int(end.code or 0)
    except KeyboardInterrupt:
        terminal.say("interrupted; nothing is left running")
        return INTERRUPTED
    except Exception as error:
        return _failed(terminal, error)


def _failed(terminal: Terminal, error: Exception) -> int:
    import traceback

    traceback.print_exc()
    if terminal.log is None:
        terminal.say(f"{type(error).__name__}: {error}")
    else:
        first = next(iter(str(error).splitlines()), "")
        terminal.say(f"{type(error).__name__}: {first}\nSee {terminal.log}")
    return 1


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)
