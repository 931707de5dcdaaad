"""A command that has to succeed."""

from host.errors import Failed
from host.machine.machine import Shell

_SHOWN = 500


def command(shell: Shell, *argv: str, timeout_seconds: float = 120) -> str:
    """Run and return the standard output.

    Raises:
        Failed: on any exit code but 0, with the end of what the command said.
    """
    result = shell.run(argv, timeout_seconds=timeout_seconds)
    if result.exit_code != 0:
        said = (result.stderr.strip() or result.stdout.strip())[-_SHOWN:]
        raise Failed(f"`{' '.join(argv)}` ended with exit code {result.exit_code}: {said}")
    return result.stdout
